//! The programs that are servers: the operator's file in the `mcpServers` form.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use registry_domain::id::Alias;
use registry_upstream::ProgramSpec;
use serde::Deserialize;

use super::Reader;

const VARIABLE: &str = "MREG_STDIO_SERVERS_FILE";
/// The most bytes of the file, and the most programs in it.
const MOST_BYTES: usize = 1 << 20;
const MOST_PROGRAMS: usize = 100;

/// The programs; `None` where no file is named, so that the list of servers is left as it is.
#[derive(Debug, Clone, Default)]
pub struct ProgramSettings {
    /// What the file names.
    pub programs: Option<Vec<ProgramSpec>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    mcp_servers: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    command: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    cwd: Option<PathBuf>,
}

impl ProgramSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let Some(path) = reader.text(&[VARIABLE]) else { return Self::default() };
        let read = fs::read(&path).map_err(|error| format!("{path} cannot be read: {error}"));
        match read.and_then(|bytes| programs(&bytes).map_err(|why| format!("{path}: {why}"))) {
            Ok(programs) => Self { programs: Some(programs) },
            Err(problem) => {
                reader.problem(VARIABLE, problem);
                Self::default()
            }
        }
    }
}

fn programs(bytes: &[u8]) -> Result<Vec<ProgramSpec>, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!("is longer than {MOST_BYTES} bytes"));
    }
    // The error's own words name the place, and no value.
    let file: File = serde_json::from_slice(bytes).map_err(|error| {
        format!("must be {{\"mcpServers\": {{\"alias\": {{\"command\", \"args\", \"env\", \"cwd\"}}}}}}: {error}")
    })?;
    if file.mcp_servers.len() > MOST_PROGRAMS {
        return Err(format!("names more than {MOST_PROGRAMS} programs"));
    }
    file.mcp_servers.into_iter().map(|(alias, entry)| program(&alias, entry)).collect()
}

fn program(alias: &str, entry: Entry) -> Result<ProgramSpec, String> {
    let Entry { command, args, env, cwd } = entry;
    let wrong = |field: &str, rule: &str| Err(format!("mcpServers.{alias}{field} {rule}"));
    let Ok(known) = Alias::parse(alias) else {
        return Err(format!(
            "mcpServers: {alias:?} is no alias: 1 to 24 of a-z, 0-9 and -, not - first"
        ));
    };
    if command.trim().is_empty() {
        return wrong(".command", "must name a program");
    }
    if command.contains('\0') || args.iter().any(|arg| arg.contains('\0')) {
        return wrong("", "must not contain NUL characters");
    }
    if command.contains(char::is_whitespace) && !command.contains('/') {
        return wrong(".command", "is started without a shell: put arguments into args");
    }
    for (name, value) in &env {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return wrong(".env", "must have names without = and no NUL characters");
        }
    }
    if cwd.as_ref().is_some_and(|folder| !folder.is_absolute()) {
        return wrong(".cwd", "must be an absolute path");
    }
    Ok(ProgramSpec { alias: known, command, args, env: env.into_iter().collect(), folder: cwd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_usual_form_is_read() {
        let text = br#"{"mcpServers": {
            "files": {"command": "npx", "args": ["-y", "x"], "env": {"TOKEN": "t"}, "cwd": "/srv"},
            "time": {"command": "/opt/time server"}}}"#;
        let read = programs(text).unwrap();
        let aliases: Vec<&str> = read.iter().map(|one| one.alias.as_str()).collect();
        assert_eq!(aliases, ["files", "time"]);
        assert_eq!(read[0].args, ["-y", "x"]);
        assert_eq!(read[0].env, [("TOKEN".to_owned(), "t".to_owned())]);
        assert_eq!(read[0].folder, Some(PathBuf::from("/srv")));
    }

    #[test]
    fn each_wrong_file_is_refused_in_words_that_name_the_place() {
        for (text, word) in [
            ("[]", "mcpServers"),
            ("{}", "mcpServers"),
            (r#"{"mcpServers": {"Files": {"command": "x"}}}"#, "alias"),
            (r#"{"mcpServers": {"a": {"command": ""}}}"#, "mcpServers.a.command"),
            (r#"{"mcpServers": {"a": {"command": "npx -y x"}}}"#, "args"),
            (r#"{"mcpServers": {"a": {"command": "x", "shell": true}}}"#, "shell"),
            (r#"{"mcpServers": {"a": {"command": "x", "env": {"A=B": "c"}}}}"#, "mcpServers.a.env"),
            (r#"{"mcpServers": {"a": {"command": "x", "cwd": "here"}}}"#, "mcpServers.a.cwd"),
            (r#"{"mcpServers": {"a": {"url": "http://a"}}}"#, "url"),
        ] {
            let problem = programs(text.as_bytes()).unwrap_err();
            assert!(problem.contains(word), "{text}: {problem}");
        }
        assert!(programs(&vec![b' '; MOST_BYTES + 1]).unwrap_err().contains("longer"));
    }
}
