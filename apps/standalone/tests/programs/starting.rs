//! A start that cannot succeed says why, in a line, and ends with 1; files that hold secrets are
//! their owner's only.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path};

use registry_testkit::{DataDir, Launch, Program};

use crate::support::{PROGRAMS, failed, run_on};

/// The data folder of a start that must fail, and what it says.
fn refused(name: &str, data: &DataDir, settings: &[(&str, &str)]) -> String {
    let args: &[&str] = if name == "mcp-registry" { &["serve"] } else { &[] };
    let output = Launch::program(name).data_dir(data).only_args(args).envs(settings).run();
    let said = failed(&output, 1);
    assert_eq!(said.lines().count(), 1, "one clear line: {said}");
    said
}

#[tokio::test]
async fn a_port_in_use_is_told_with_its_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    for (program, variable) in [
        ("mcp-registry", "MREG_SERVICE_PORT"),
        ("mcp-registry", "MREG_FASTMCP_PORT"),
        ("public-api", "MREG_SERVICE_PORT"),
        ("mcp-gateway", "MREG_FASTMCP_PORT"),
    ] {
        let said = refused(program, &DataDir::new(), &[(variable, &port)]);
        assert!(said.contains(&address.to_string()), "{program}: {said}");
        assert!(said.contains("in use"), "{program}: {said}");
    }
}

#[tokio::test]
async fn a_second_copy_of_the_program_on_the_same_ports_leaves_the_first_one_alone() {
    let first = Program::start("mcp-registry", &[]).await;
    let port = first.service_port().to_string();
    refused("mcp-registry", first.data_dir(), &[("MREG_SERVICE_PORT", &port)]);
    registry_testkit::Api::service(&first).get("/ready").await.expect(200);
}

#[tokio::test]
async fn a_file_in_the_place_of_the_data_folder_is_told_with_its_path() {
    for program in PROGRAMS {
        let data = DataDir::new();
        let file = data.path().join("a-file");
        fs::write(&file, "not a folder").unwrap();
        let path = file.to_str().unwrap();
        let said = refused(program, &data, &[("MREG_DATA_DIR", path)]);
        assert!(said.contains(path), "{program}: {said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
    }
}

#[tokio::test]
async fn a_database_that_is_garbage_is_told_and_left_as_it_is() {
    for program in PROGRAMS {
        let data = DataDir::new();
        let file = data.path().join("registry.db");
        let garbage = "this is no database, whoever put it here ".repeat(500);
        fs::write(&file, &garbage).unwrap();
        let said = refused(program, &data, &[]);
        assert!(said.contains("database"), "{program}: {said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), garbage, "{program}");
    }
    let data = DataDir::new();
    fs::write(data.path().join("registry.db"), [0xff; 8192]).unwrap();
    failed(&run_on(&data, &["migrate"], &[]), 1);
}

#[tokio::test]
async fn a_database_of_a_missing_folder_is_made_with_its_folder() {
    let data = DataDir::new();
    let file = data.path().join("some/where/registry.db");
    let url = format!("sqlite://{}", file.display());
    let program = Launch::program("mcp-registry")
        .data_dir(&data)
        .envs(&[("DATABASE_URL", &url)])
        .start()
        .await;
    registry_testkit::Api::service(&program).get("/ready").await.expect(200);
    assert!(file.is_file());
}

#[tokio::test]
async fn a_garbage_key_of_the_development_issuer_is_told() {
    let data = DataDir::new();
    fs::write(data.path().join("development-issuer.key"), "no key").unwrap();
    let said = refused("mcp-registry", &data, &[]);
    assert!(said.contains("key"), "{said}");
}

#[tokio::test]
async fn a_failed_start_is_in_the_log_too() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Program::run("mcp-registry", &["serve"], &[("MREG_SERVICE_PORT", &port)]);
    let log = crate::support::stdout(&output);
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert!(log.contains(&port), "{log}");
}

#[tokio::test]
async fn a_log_file_that_cannot_be_written_is_a_wrong_setting() {
    let data = DataDir::new();
    let file = data.path().join("a-file");
    fs::write(&file, "").unwrap();
    let below = file.join("app.log");
    let settings = [("MREG_LOG_FILE_PATH", below.to_str().unwrap())];
    let said = failed(&run_on(&data, &["serve"], &settings), 2);
    assert!(said.starts_with("MREG_LOG_FILE_PATH: ") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn what_is_in_the_data_folder_is_for_its_owner_only() {
    let data = DataDir::new();
    let home = data.path().join("home");
    let settings = [("MREG_DATA_DIR", home.to_str().unwrap())];
    let program = Launch::program("mcp-registry").data_dir(&data).envs(&settings).start().await;
    registry_testkit::token(&program, serde_json::json!({})).await;
    assert_eq!(mode(&home), 0o700);
    let mut seen = vec![];
    private_below(&home, &mut seen);
    for name in ["registry.db", "development-issuer.key"] {
        assert!(seen.iter().any(|path| path == name), "{name} in {seen:?}");
    }
}

/// Every file below the folder is its owner's only.
fn private_below(folder: &Path, seen: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            private_below(&path, seen);
        } else {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            seen.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
