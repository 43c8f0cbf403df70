//! The seed's curl commands, as they stand there (specification 003, "Manual Testing with curl").
//! Only the port is another, and the placeholder of the token is filled in. And the commands that the
//! program itself prints at its start, as they stand there.

use std::process::Command;

use registry_testkit::Program;
use serde_json::Value;

use crate::support::admin;

const HEALTH: &str = "curl http://localhost:8000/health";

const ME: &str = r#"curl -H "Authorization: Bearer TOKEN" http://localhost:8000/users/me"#;

const ME_WITH_ENTRA: &str =
    r#"curl -H "Authorization: Bearer YOUR_ENTRA_ID_TOKEN" http://localhost:8000/users/me"#;

const SUBMIT: &str = r#"curl -X POST http://localhost:8000/registrations \
  -H "Authorization: Bearer TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"endpoint_url": "https://api.example.com", ...}'"#;

/// The answer's body.
async fn run(program: &Program, command: &str) -> Value {
    let token = admin(program).await;
    let command = command
        .replace("localhost:8000", &format!("localhost:{}", program.service_port()))
        .replace("YOUR_ENTRA_ID_TOKEN", &token)
        .replace("TOKEN", &token);
    // The shell reads it as a person's would; a proxy of the machine has no part in it.
    let output =
        Command::new("sh").args(["-c", &command]).env("no_proxy", "localhost").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

#[tokio::test]
async fn the_health_of_the_seed_answers() {
    let program = Program::start("mcp-registry", &[]).await;
    assert_eq!(run(&program, HEALTH).await["status"], "healthy");
}

#[tokio::test]
async fn the_user_of_the_seed_is_told_who_one_is() {
    let program = Program::start("mcp-registry", &[]).await;
    for command in [ME, ME_WITH_ENTRA] {
        let me = run(&program, command).await;
        assert!(me["user_id"].is_string() && me["email"].is_string(), "{me}");
    }
}

#[tokio::test]
async fn the_submission_of_the_seed_arrives_and_its_ellipsis_is_no_json() {
    let program = Program::start("mcp-registry", &[]).await;
    let answer = run(&program, SUBMIT).await;
    assert!(answer["request_id"].is_string() && answer["error"] == "MALFORMED_JSON", "{answer}");
    // With the dots written out it is accepted.
    let whole = SUBMIT
        .replace("...", r#""endpoint_name": "Example", "owner_contact": "owner@example.com""#);
    let answer = run(&program, &whole).await;
    assert_eq!(answer["endpoint_url"], "https://api.example.com", "{answer}");
    assert_eq!(answer["status"], "Pending");
}

/// The rest of the line of the program's greeting that has `word`, from there on.
fn greeted(program: &Program, word: &str) -> String {
    let greeting = program.errors();
    let line = greeting.lines().find_map(|line| line.find(word).map(|at| line.split_at(at).1));
    line.unwrap_or_else(|| panic!("no {word} in {greeting}")).to_owned()
}

#[tokio::test]
async fn both_ways_to_a_token_that_the_greeting_names_work() {
    let program = Program::start("mcp-registry", &[]).await;
    let issued = run(&program, &greeted(&program, "curl ")).await;
    assert!(issued["access_token"].is_string(), "{issued}");
    let command = greeted(&program, "mcp-registry token");
    let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
    let output = Program::run("mcp-registry", &arguments, &[]);
    assert!(output.status.success(), "{output:?}");
}
