//! What several files need: two processes on one folder, servers that were listed, outputs as text.

use std::process::Output;

use registry_testkit::{Api, DataDir, Launch, Program, eventually, token};
use serde_json::{Value, json};

/// Our programs.
pub const PROGRAMS: [&str; 3] = ["mcp-registry", "public-api", "mcp-gateway"];

/// Runs `mcp-registry` with these arguments on a data folder of its own.
pub fn run(args: &[&str], settings: &[(&str, &str)]) -> Output {
    Program::run("mcp-registry", args, settings)
}

/// Runs `mcp-registry` with these arguments on this data folder.
pub fn run_on(data: &DataDir, args: &[&str], settings: &[(&str, &str)]) -> Output {
    Launch::program("mcp-registry").data_dir(data).only_args(args).envs(settings).run()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is text")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is text")
}

/// The output's stdout, after checking that the command went well.
pub fn well(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    stdout(output)
}

/// The output's stderr, after checking its exit code and that nothing panicked.
pub fn failed(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let said = stderr(output);
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    said
}

/// `public-api` and `mcp-gateway` as two processes on one data folder.
pub struct Pair {
    pub service: Program,
    pub gateway: Program,
}

impl Pair {
    pub async fn start() -> Self {
        let service = Program::start("public-api", &[]).await;
        let port = service.service_port().to_string();
        let gateway = Launch::program("mcp-gateway")
            .data_dir(service.data_dir())
            .envs(&[("MREG_SERVICE_PORT", &port)])
            .start()
            .await;
        Self { service, gateway }
    }
}

/// A token of an administrator.
pub async fn admin(program: &Program) -> String {
    token(program, json!({ "subject": "root", "roles": ["admin"] })).await
}

/// Submits the server at `url` and gives the registration's id; what it offers has been read.
pub async fn submit(service: &Api, alias: &str, url: &str) -> String {
    let draft = draft(alias, url);
    let answer = service.post("/registrations", &draft).await.expect(201).json();
    let id = answer["registration_id"].as_str().expect("an id").to_owned();
    eventually("what the server offers was read", async || {
        let shown = service.get(&format!("/registrations/{id}")).await.expect(200).json();
        (shown["discovery"]["state"] == "complete").then_some(())
    })
    .await;
    id
}

pub fn draft(alias: &str, url: &str) -> Value {
    json!({
        "endpoint_url": url,
        "endpoint_name": format!("Server {alias}"),
        "owner_contact": "owner@example.com",
        "alias": alias,
    })
}

/// Approves a registration.
pub async fn approve(service: &Api, id: &str) {
    let path = format!("/registrations/{id}/status");
    service.patch(&path, &json!({ "status": "Approved" })).await.expect(200);
}

/// Waits until the gateway serves the server of this alias.
pub async fn served(gateway: &Api, alias: &str) {
    let path = format!("/servers/{alias}/mcp");
    eventually("the gateway serves the server", async || {
        let list = gateway.mcp(&path, "tools/list", json!({})).await;
        (list.status == 200).then_some(())
    })
    .await;
}

/// Calls `echo` of the server of this alias.
pub async fn echo(gateway: &Api, alias: &str, text: &str) -> String {
    let path = format!("/servers/{alias}/mcp");
    let answer = gateway.call_tool(&path, "echo", json!({ "text": text })).await.expect(200).rpc();
    answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned()
}

/// Waits until the program has logged a line with this message.
pub async fn logged(program: &Program, message: &str) -> Value {
    eventually(&format!("the program logs {message:?}"), async || {
        program.logs().into_iter().find(|log| said(log).starts_with(message))
    })
    .await
}

/// A log line's message.
pub fn said(log: &Value) -> &str {
    log["message"].as_str().unwrap_or_default()
}
