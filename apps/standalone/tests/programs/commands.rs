//! The command line: help, exit codes, `migrate`, `token`.

use registry_testkit::{Api, DataDir, Launch, Program};
use serde_json::json;

use crate::support::{PROGRAMS, failed, run, run_on, stdout, well};

const COMMANDS: [(&str, &[&str]); 10] = [
    ("serve", &[]),
    ("migrate", &["--down"]),
    ("token", &["--subject", "--email", "--name", "--role", "--tenant", "--group", "--expires-in"]),
    ("key", &["new"]),
    ("validate", &[]),
    ("config", &[]),
    ("register-server", &["<NAME>", "<ENDPOINT_URL>", "--alias", "--tenant", "--description"]),
    ("export", &["<FILE>", "standard output"]),
    ("import", &["<FILE>", "empty"]),
    ("healthcheck", &["--timeout"]),
];

#[tokio::test]
async fn the_help_of_each_program_lists_its_commands() {
    for name in PROGRAMS {
        for flag in ["--help", "-h", "help"] {
            let output = Program::run(name, &[flag], &[]);
            let help = well(&output);
            assert!(help.contains(&format!("Usage: {name}")), "{help}");
            for (command, _) in COMMANDS {
                let listed = help.lines().any(|line| line.trim_start().starts_with(command));
                assert!(listed, "{command} in {help}");
            }
            assert!(help.contains("Exit codes"), "{help}");
        }
    }
}

#[tokio::test]
async fn the_help_of_each_command_lists_its_options() {
    for (command, options) in COMMANDS {
        // Wrong settings are no reason to keep help from anybody.
        let help = well(&run(&[command, "--help"], &[("LOG_LEVEL", "LOUD")]));
        assert!(help.contains(&format!("Usage: mcp-registry {command}")), "{help}");
        for option in options {
            assert!(help.contains(option), "{option} in {help}");
        }
    }
}

#[tokio::test]
async fn a_new_key_is_one_that_the_settings_take() {
    let (one, other) = (well(&run(&["key", "new"], &[])), well(&run(&["key", "new"], &[])));
    assert_ne!(one, other);
    let both = format!("{},{}", one.trim(), other.trim());
    well(&run(&["validate"], &[("MREG_TOKEN_ENCRYPTION_KEY", &both)]));
    let twice = format!("{},{}", one.trim(), one.trim());
    let said = failed(&run(&["validate"], &[("MREG_TOKEN_ENCRYPTION_KEY", &twice)]), 2);
    assert!(said.contains("two sealing keys have the name"), "{said}");
    assert!(!said.contains(one.trim().split_once(':').unwrap().1), "{said}");
}

#[tokio::test]
async fn the_version_is_told() {
    for name in PROGRAMS {
        let version = well(&Program::run(name, &["--version"], &[]));
        assert_eq!(version.trim(), format!("{name} {}", env!("CARGO_PKG_VERSION")));
    }
}

#[tokio::test]
async fn what_is_no_command_or_no_option_ends_with_two() {
    let wrong: [&[&str]; 6] = [
        &["frobnicate"],
        &["--frobnicate"],
        &["token", "--frobnicate"],
        &["token", "--expires-in", "soon"],
        &["register-server", "only-a-name"],
        &["serve", "more"],
    ];
    for args in wrong {
        let output = run(args, &[]);
        assert!(failed(&output, 2).contains("error"), "{args:?}: {output:?}");
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[tokio::test]
async fn output_that_nobody_can_take_is_no_reason_to_panic() {
    for args in [&["config"][..], &["--help"], &["token"], &["migrate"]] {
        let data = DataDir::new();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-registry"))
            .args(args)
            .env_clear()
            .current_dir(data.path())
            .stdout(full)
            .output()
            .unwrap();
        let said = crate::support::stderr(&output);
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
}

#[tokio::test]
async fn migrate_makes_the_file_and_may_be_repeated() {
    let data = DataDir::new();
    let file = data.path().join("registry.db");
    for _ in 0..2 {
        assert!(well(&run_on(&data, &["migrate"], &[])).contains(file.to_str().unwrap()));
        assert!(file.is_file());
    }
    let program = Launch::program("mcp-registry").data_dir(&data).start().await;
    Api::service(&program).get("/ready").await.expect(200);
    // And under the eyes of a running program.
    well(&run_on(&data, &["migrate"], &[]));
    Api::service(&program).get("/ready").await.expect(200);
}

#[tokio::test]
async fn steps_of_the_schema_are_taken_back_and_run_again() {
    let data = DataDir::new();
    well(&run_on(&data, &["migrate"], &[]));
    let taken = well(&run_on(&data, &["migrate", "--down", "2"], &[]));
    assert_eq!(taken.lines().filter(|line| line.starts_with("taken back: ")).count(), 2, "{taken}");
    well(&run_on(&data, &["migrate"], &[]));
    let program = Launch::program("mcp-registry").data_dir(&data).start().await;
    Api::service(&program).get("/ready").await.expect(200);
}

#[tokio::test]
async fn a_token_of_the_command_says_who_one_is() {
    let program = Program::start("mcp-registry", &[]).await;
    let port = program.service_port().to_string();
    let args = [
        "token",
        "--subject",
        "ada",
        "--email",
        "ada@example.com",
        "--name",
        "Ada",
        "--role",
        "admin",
        "--role",
        "user",
        "--tenant",
        "contoso",
        "--expires-in",
        "60",
    ];
    let output = run_on(program.data_dir(), &args, &[("MREG_SERVICE_PORT", &port)]);
    let printed = well(&output);
    assert_eq!(printed.lines().count(), 1, "the token and nothing else");
    let service = Api::service(&program).with_token(printed.trim());
    let me = service.get("/users/me").await.expect(200).json();
    assert_eq!(me["email"], "ada@example.com", "{me}");
    service.get("/audit-logs").await.expect(200);
    let gateway = Api::gateway(&program).with_token(printed.trim());
    gateway.mcp("/mcp", "tools/list", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_wish_that_no_token_can_grant_is_named_as_it_was_given() {
    let long = "x".repeat(256);
    let wrong: [&[&str]; 7] = [
        &["--expires-in", "0"],
        &["--expires-in", "86401"],
        &["--subject", ""],
        &["--subject", &long],
        &["--role", ""],
        &["--group", &long],
        &["--tenant", ""],
    ];
    for args in wrong {
        let output = run(&[&["token"], args].concat(), &[]);
        let said = failed(&output, 2);
        assert!(said.contains(args[0]) && said.lines().count() == 1, "{args:?}: {said}");
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[tokio::test]
async fn where_entra_makes_the_tokens_the_command_makes_none() {
    let settings = [("AZURE_TENANT_ID", "contoso"), ("AZURE_CLIENT_ID", "registry")];
    let data = DataDir::new();
    let output = run_on(&data, &["token", "--role", "admin"], &settings);
    let said = failed(&output, 2);
    assert!(said.contains("AZURE_TENANT_ID") && said.lines().count() == 1, "{said}");
    assert_eq!(stdout(&output), "");
    assert!(!data.path().join("development-issuer.key").exists(), "nor a key");
}
