//! Logs are JSON lines, as many as asked for, and tell nobody's secrets.

use std::{fs, path::Path};

use registry_testkit::{
    Api, Launch, Program, eventually, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{admin, approve, echo, logged, said, served, submit};

/// One of everything: reads, a write, refusals, MCP by both doors; gives the tokens that were used.
async fn use_it(program: &Program) -> Vec<String> {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let good = admin(program).await;
    let service = Api::service(program).with_token(&good);
    let gateway = Api::gateway(program).with_token(&good);
    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    served(&gateway, "files").await;
    echo(&gateway, "files", "hello").await;
    service.get("/users/me").await.expect(200);
    service.get("/registrations/nothing").await;

    let other = token(program, json!({ "subject": "mallory" })).await;
    Api::service(program).with_token(&other).get("/audit-logs").await.expect(403);
    // Once a token, no more: each is refused for another reason.
    let forged = format!("{}AAAA", good.trim_end_matches(|last: char| last != '.'));
    let strange = "not.a.token-but-a-secret-all-the-same".to_owned();
    for bad in [&forged, &strange] {
        Api::service(program).with_token(bad).get("/users/me").await.expect(401);
        let mcp = Api::gateway(program).with_token(bad);
        mcp.mcp("/mcp", "tools/list", json!({})).await.expect(401);
    }
    vec![good, other, forged, strange]
}

/// The parts of tokens that must be nowhere: each as a whole, its claims and its signature.
fn parts(tokens: &[String]) -> Vec<&str> {
    let parts =
        tokens.iter().flat_map(|token| token.splitn(3, '.').skip(1).chain([token.as_str()]));
    // Short ones could be found by chance.
    parts.filter(|part| part.len() > 16).collect()
}

#[tokio::test]
async fn every_line_is_json_with_a_timestamp_a_level_and_a_message() {
    for level in ["DEBUG", "INFO"] {
        let mut program = Program::start("mcp-registry", &[("LOG_LEVEL", level)]).await;
        use_it(&program).await;
        program.terminate();
        program.wait_exit().await;
        logged(&program, "stopped").await;
        for log in program.logs() {
            let timestamp = log["timestamp"].as_str().unwrap_or_default();
            assert!(timestamp.ends_with('Z') && timestamp.contains('T'), "{log}");
            let known = ["DEBUG", "INFO", "WARN", "ERROR"];
            assert!(known.contains(&log["level"].as_str().unwrap_or_default()), "{log}");
            assert!(!said(&log).is_empty(), "{log}");
        }
    }
}

#[tokio::test]
async fn debug_has_a_line_per_request_with_its_id_on_both_servers() {
    let program = Program::start("mcp-registry", &[("LOG_LEVEL", "DEBUG")]).await;
    for api in [Api::service(&program), Api::gateway(&program)] {
        let own = api.get("/livez").await.expect(200).header("x-request-id").to_owned();
        assert!(!own.is_empty());
        let ours = api.base().rsplit(':').next().unwrap().to_owned();
        let wish = format!("wish-{ours}");
        api.with_header("x-request-id", &wish).get("/users/me").await;
        for (id, path) in [(own, "/livez"), (wish, "/users/me")] {
            let log = eventually("the request is logged", async || {
                let of_request = |log: &Value| log["request_id"] == *id && said(log) == "request";
                program.logs().into_iter().find(of_request)
            })
            .await;
            assert_eq!(log["path"], path, "{log}");
            assert_eq!(log["level"], "DEBUG", "{log}");
            assert!(log["status"].is_number() && log["method"] == "GET", "{log}");
        }
    }
}

#[tokio::test]
async fn info_has_no_line_per_request() {
    let mut program = Program::start("mcp-registry", &[("LOG_LEVEL", "INFO")]).await;
    use_it(&program).await;
    program.terminate();
    program.wait_exit().await;
    logged(&program, "stopped").await;
    for log in program.logs() {
        assert!(log["level"] != "DEBUG" && said(&log) != "request", "{log}");
    }
}

#[tokio::test]
async fn error_is_quiet_while_all_is_well() {
    // There is no `listening` line to wait for; where it listens is said on stderr.
    let mut program = Launch::program("mcp-registry")
        .waits_for(&[])
        .envs(&[("LOG_LEVEL", "ERROR")])
        .start()
        .await;
    let service = eventually("it says where it listens", async || {
        let said = program.errors();
        let line = said.lines().find(|line| line.trim_start().starts_with("public API"))?;
        line.split_whitespace().last().map(str::to_owned)
    })
    .await;
    Api::new(service).get("/ready").await.expect(200);
    program.terminate();
    program.wait_exit().await;
    assert_eq!(program.logs(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_log_file_has_the_same_lines() {
    let mut program =
        Program::start("mcp-registry", &[("MREG_LOG_FILE_PATH", "logs/app.log")]).await;
    use_it(&program).await;
    program.terminate();
    program.wait_exit().await;
    logged(&program, "stopped").await;
    let file = fs::read_to_string(program.data_dir().path().join("logs/app.log")).unwrap();
    let mut lines: Vec<Value> =
        file.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let mut logs = program.logs();
    for log in lines.iter_mut().chain(&mut logs) {
        // Each writer looks at the clock for itself.
        log.as_object_mut().unwrap().remove("timestamp").expect("a timestamp");
    }
    // And two threads may reach the writers in another order.
    lines.sort_by_key(ToString::to_string);
    logs.sort_by_key(ToString::to_string);
    assert_eq!(lines, logs);
    assert!(lines.len() > 2, "{lines:#?}");
}

#[tokio::test]
async fn no_token_that_was_used_is_in_the_logs_or_in_the_data_folder() {
    let settings = [("LOG_LEVEL", "DEBUG"), ("MREG_LOG_FILE_PATH", "app.log")];
    let mut program = Program::start("mcp-registry", &settings).await;
    let tokens = use_it(&program).await;
    // First while it runs, with what SQLite keeps beside the file; then after its end.
    assert_tokens_are_nowhere(&program, &tokens);
    program.terminate();
    program.wait_exit().await;
    logged(&program, "stopped").await;
    assert_tokens_are_nowhere(&program, &tokens);
}

fn assert_tokens_are_nowhere(program: &Program, tokens: &[String]) {
    let logs: Vec<String> = program.logs().iter().map(Value::to_string).collect();
    let mut places = vec![
        ("stdout".to_owned(), logs.join("\n").into_bytes()),
        ("stderr".to_owned(), program.errors().into_bytes()),
    ];
    read_all(program.data_dir().path(), &mut places);
    for file in ["registry.db", "app.log"] {
        assert!(places.iter().any(|(name, bytes)| name.ends_with(file) && !bytes.is_empty()));
    }
    let parts = parts(tokens);
    assert!(parts.len() >= 7, "{parts:?}");
    for (place, bytes) in &places {
        for part in &parts {
            let found = bytes.windows(part.len()).any(|window| window == part.as_bytes());
            assert!(!found, "{part} is in {place}");
        }
    }
}

/// Every file of the folder and the folders in it.
fn read_all(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else if let Ok(bytes) = fs::read(&path) {
            into.push((path.display().to_string(), bytes));
        }
    }
}
