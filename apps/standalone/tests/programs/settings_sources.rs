//! Settings come from the environment and from `.env`; `config` tells, and keeps secrets.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::Path, process::Command};

use registry_testkit::DataDir;

use crate::support::{failed, run, run_on, stdout, well};

const KEY: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// Our program in this working directory, with nothing else set.
fn bare(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-registry"));
    command.args(args).env_clear().current_dir(folder);
    command
}

/// The words of the line of `config` on this variable.
fn shown<'a>(config: &'a str, name: &str) -> Vec<&'a str> {
    let line = config.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name} in {config}")).split_whitespace().skip(1).collect()
}

#[tokio::test]
async fn config_prints_every_value_and_where_it_came_from() {
    let config = well(&run(&["config"], &[("LOG_LEVEL", "ERROR"), ("MREG_REQUEST_TIMEOUT", "7")]));
    assert_eq!(shown(&config, "MREG_REQUEST_TIMEOUT"), ["7", "(environment)"]);
    assert_eq!(shown(&config, "MREG_LOG_LEVEL"), ["ERROR", "(environment", "as", "LOG_LEVEL)"]);
    assert_eq!(shown(&config, "MREG_FOUR_EYES"), ["false", "(default)"]);
}

#[tokio::test]
async fn a_secret_is_never_printed_whatever_it_is() {
    for key in [KEY, "a-secret-that-is-wrong"] {
        for name in ["MREG_TOKEN_ENCRYPTION_KEY", "MREG_SECURITY_JWT_SECRET_KEY"] {
            for command in ["config", "validate", "migrate"] {
                let output = run(&[command], &[(name, key)]);
                assert!(!format!("{output:?}").contains(key), "{command}: {output:?}");
            }
        }
    }
    let config = well(&run(&["config"], &[("MREG_TOKEN_ENCRYPTION_KEY", KEY)]));
    assert_eq!(shown(&config, "MREG_TOKEN_ENCRYPTION_KEY"), ["***", "(environment)"]);
}

#[tokio::test]
async fn config_tells_what_is_wrong_besides_what_is_set() {
    let output = run(&["config"], &[("MREG_REQUEST_TIMEOUT", "soon")]);
    assert!(failed(&output, 2).starts_with("MREG_REQUEST_TIMEOUT: "));
    assert_eq!(shown(&stdout(&output), "MREG_REQUEST_TIMEOUT"), ["soon", "(environment)"]);
}

#[tokio::test]
async fn the_port_of_the_platform_is_honoured() {
    // The tests' default for MREG_SERVICE_PORT would win: empty is as good as unset.
    for (name, value) in [("PORT", "9100"), ("WEBSITES_PORT", "9200")] {
        let config = well(&run(&["config"], &[("MREG_SERVICE_PORT", ""), (name, value)]));
        let origin = format!("{name})");
        assert_eq!(shown(&config, "MREG_SERVICE_PORT"), [value, "(environment", "as", &origin]);
    }
    let both = [("MREG_SERVICE_PORT", "9000"), ("PORT", "9100"), ("WEBSITES_PORT", "9200")];
    let config = well(&run(&["config"], &both));
    assert_eq!(shown(&config, "MREG_SERVICE_PORT"), ["9000", "(environment)"]);
}

#[tokio::test]
async fn the_env_file_of_the_working_directory_is_read_and_the_environment_wins() {
    let data = DataDir::new();
    fs::write(
        data.path().join(".env"),
        "# for trying out\nMREG_REQUEST_TIMEOUT=11\nMREG_FASTMCP_NAME=\"From the file\"\nLOG_LEVEL=DEBUG\n",
    )
    .unwrap();
    let set = [("MREG_REQUEST_TIMEOUT", "22"), ("MREG_LOG_LEVEL", "WARNING")];
    let config = well(&run_on(&data, &["config"], &set));
    assert_eq!(shown(&config, "MREG_REQUEST_TIMEOUT"), ["22", "(environment)"]);
    assert_eq!(shown(&config, "MREG_FASTMCP_NAME"), ["From", "the", "file", "(.env)"]);
    assert_eq!(shown(&config, "MREG_LOG_LEVEL"), ["WARNING", "(environment)"]);
}

#[tokio::test]
async fn the_environment_wins_over_the_file_by_whatever_name_it_says_it() {
    let data = DataDir::new();
    fs::write(data.path().join(".env"), "MREG_LOG_LEVEL=DEBUG\n").unwrap();
    let config = well(&run_on(&data, &["config"], &[("LOG_LEVEL", "ERROR")]));
    assert_eq!(shown(&config, "MREG_LOG_LEVEL"), ["ERROR", "(environment", "as", "LOG_LEVEL)"]);
}

#[tokio::test]
async fn a_wrong_line_in_the_env_file_is_told() {
    let data = DataDir::new();
    fs::write(data.path().join(".env"), "MREG_REQUEST_TIMEOUT=soon\n").unwrap();
    let said = failed(&run_on(&data, &["validate"], &[]), 2);
    assert!(said.starts_with("MREG_REQUEST_TIMEOUT: ") && said.lines().count() == 1, "{said}");

    fs::write(data.path().join(".env"), "this is no assignment\n").unwrap();
    let said = failed(&run_on(&data, &["validate"], &[]), 2);
    assert!(said.starts_with(".env: ") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn a_wrong_line_in_the_env_file_does_not_show_the_secret_in_it() {
    let data = DataDir::new();
    fs::write(data.path().join(".env"), "MREG_TOKEN_ENCRYPTION_KEY='k1:s3cret-without-an-end\n")
        .unwrap();
    let said = failed(&run_on(&data, &["validate"], &[]), 2);
    assert!(said.starts_with(".env: ") && said.lines().count() == 1, "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn the_env_file_of_another_folder_is_none_of_ours() {
    let data = DataDir::new();
    let below = data.path().join("below");
    fs::create_dir(&below).unwrap();
    fs::write(data.path().join(".env"), "MREG_REQUEST_TIMEOUT=11\n").unwrap();
    let config = well(&bare(&below, &["config"]).output().unwrap());
    assert_eq!(shown(&config, "MREG_REQUEST_TIMEOUT"), ["30", "(default)"]);
}

#[tokio::test]
async fn a_variable_that_is_not_text_is_no_reason_to_panic() {
    let data = DataDir::new();
    let bytes = OsStr::from_bytes(b"caf\xe9");
    let output = bare(data.path(), &["validate"]).env("SOMEBODY_ELSES", bytes).output().unwrap();
    well(&output);
    let output = bare(data.path(), &["validate"]).env("LOG_LEVEL", bytes).output().unwrap();
    let said = failed(&output, 2);
    assert!(said.starts_with("LOG_LEVEL: ") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn settings_without_which_it_starts_are_all_defaults() {
    let data = DataDir::new();
    let config = well(&bare(data.path(), &["config"]).output().unwrap());
    assert_eq!(shown(&config, "MREG_SERVICE_PORT"), ["8000", "(default)"]);
    assert_eq!(shown(&config, "MREG_FASTMCP_PORT"), ["8001", "(default)"]);
    assert_eq!(shown(&config, "MREG_SERVICE_HOST"), ["127.0.0.1", "(default)"]);
    assert!(config.lines().all(|line| line.ends_with("(default)")), "{config}");
}
