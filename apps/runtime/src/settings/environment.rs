//! Where values come from: the process's own variables, and the file `.env`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::WrongSetting;

/// The environment: the process's own variables, and those of `.env` where the process has none.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    process: BTreeMap<String, String>,
    /// Those of the process whose values are not text.
    not_text: BTreeSet<String>,
    file: BTreeMap<String, String>,
}

impl Environment {
    /// The process's environment and the `.env` of the working directory.
    ///
    /// # Errors
    /// A [`WrongSetting`] when `.env` is there but does not read.
    pub fn of_process() -> Result<Self, WrongSetting> {
        // Of this folder only: a file further up belongs to something else.
        let file = match dotenvy::from_path_iter(".env") {
            Ok(lines) => lines.collect::<Result<_, _>>().map_err(|error| unreadable(&error))?,
            Err(error) if error.not_found() => BTreeMap::new(),
            Err(error) => {
                return Err(WrongSetting::new(".env", format!("cannot be opened: {error}")));
            }
        };
        let mut environment = Self { file, ..Self::default() };
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            let value = value.into_string().unwrap_or_else(|value| {
                environment.not_text.insert(name.clone());
                value.to_string_lossy().into_owned()
            });
            environment.process.insert(name, value);
        }
        Ok(environment)
    }

    /// An environment for tests.
    pub fn of_pairs(pairs: &[(&str, &str)]) -> Self {
        let process =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { process, ..Self::default() }
    }

    /// The first of these variables that is set and not empty, the process before the file.
    pub(super) fn first(&self, names: &[&str]) -> Option<(String, String, Origin)> {
        for (variables, origin) in [(&self.process, Origin::Process), (&self.file, Origin::DotEnv)]
        {
            for name in names {
                if let Some(value) =
                    variables.get(*name).map(|value| value.trim()).filter(|value| !value.is_empty())
                {
                    return Some(((*name).to_owned(), value.to_owned(), origin));
                }
            }
        }
        None
    }

    /// The first of these variables that is there, if it is there without a value.
    pub(super) fn emptied(&self, names: &[&str]) -> Option<(String, Origin)> {
        let places = [(&self.process, Origin::Process), (&self.file, Origin::DotEnv)];
        places
            .into_iter()
            .flat_map(|(variables, origin)| {
                names.iter().map(move |name| (variables, *name, origin))
            })
            .find_map(|(variables, name, origin)| Some((variables.get(name)?, name, origin)))
            .filter(|(value, _, _)| value.trim().is_empty())
            .map(|(_, name, origin)| (name.to_owned(), origin))
    }

    /// Whether the value that the process has for this variable is text.
    pub(super) fn is_text(&self, name: &str) -> bool {
        !self.not_text.contains(name)
    }
}

/// What is wrong with `.env`, without its text: there may be a secret in it.
fn unreadable(error: &dotenvy::Error) -> WrongSetting {
    let message = match error {
        dotenvy::Error::LineParse(line, _) => match line.split_once('=') {
            Some((name, _)) => {
                format!("does not read: what follows {}= is not a value", name.trim())
            }
            None => "does not read: a line in it is not NAME=value".to_owned(),
        },
        error => format!("does not read: {error}"),
    };
    WrongSetting::new(".env", message)
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The process's environment.
    Process,
    /// The file `.env`.
    DotEnv,
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Process => "environment",
            Self::DotEnv => ".env",
            Self::Default => "default",
        })
    }
}
