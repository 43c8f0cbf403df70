//! Servers that are programs of the operator's file, spoken with over standard input and output.

use std::path::Path;

use registry_testkit::{Api, Launch, eventually};
use serde_json::{Value, json};

use crate::support::World;

/// The program of the tests, as the file names it.
fn peer(conduct: &str) -> Value {
    let built = Path::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    let path = built.with_file_name("mcp-stdio-server");
    assert!(path.exists(), "build it first: cargo build -p registry-testkit --bins");
    json!({"command": path, "args": [conduct], "env": {"PEER_SECRET": "hush-hush", "PEER_NAME": "p"}})
}

fn write(folder: &Path, programs: &Value) -> String {
    let file = folder.join("stdio.json");
    std::fs::write(&file, json!({"mcpServers": programs}).to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

async fn started(file: &str) -> World {
    World::with(&[("MREG_STDIO_SERVERS_FILE", file)]).await
}

async fn served(world: &World, alias: &str) -> String {
    let path = format!("/servers/{alias}/mcp");
    let user = world.mcp();
    eventually("the program is served", async || {
        let list = user.mcp(&path, "tools/list", json!({})).await;
        (list.status == 200 && list.text().contains("echo")).then_some(())
    })
    .await;
    path
}

async fn said(world: &World, path: &str, tool: &str, text: &str) -> String {
    let answer = world.mcp().call_tool(path, tool, json!({"text": text})).await.expect(200);
    answer.rpc()["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

fn is_alive(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

#[tokio::test]
async fn programs_of_the_operators_file_are_listed_and_called_whatever_era_they_speak() {
    let folder = tempfile::tempdir().unwrap();
    let programs =
        json!({"old": peer("legacy"), "touchy": peer("touchy"), "modern": peer("modern")});
    let world = started(&write(folder.path(), &programs)).await;
    for alias in ["old", "touchy", "modern"] {
        let path = served(&world, alias).await;
        assert_eq!(said(&world, &path, "echo", "grüße").await, "grüße", "{alias}");
        let found = world.registry().get(&format!("/api/v1/servers?name={alias}")).await.json();
        assert_eq!(found[0]["transport_type"], "stdio");
        assert_eq!(found[0]["endpoint_url"], format!("stdio://{alias}"));
    }
    // A message of several lines is one line to a program.
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                      "params": {"name": "echo", "arguments": {"text": "lines"}}});
    let pretty = serde_json::to_string_pretty(&body).unwrap();
    let answer = world.mcp().request("/servers/old/mcp", crate::messages::legacy(pretty)).await;
    assert!(answer.expect(200).text().contains("lines"));
}

#[tokio::test]
async fn one_process_serves_all_and_is_ended_with_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &json!({"old": peer("legacy")}));
    let mut world = started(&file).await;
    let path = served(&world, "old").await;
    let pid = said(&world, &path, "whoami", "").await;
    let eve = world.token(json!({"subject": "eve"})).await;
    let hers = world.mcp_as(&eve).call_tool(&path, "whoami", json!({})).await.expect(200);
    assert_eq!(hers.rpc()["result"]["content"][0]["text"], pid.as_str());
    assert!(is_alive(&pid));
    world.program.terminate();
    assert!(world.program.wait_exit().await.success());
    assert!(!is_alive(&pid), "the program outlived the gateway");
    let logs = json!(world.program.logs()).to_string();
    assert!(logs.contains("goodbye"), "it was not ended by the end of its input: {logs}");
}

#[tokio::test]
async fn a_program_has_a_clean_environment_and_its_secrets_stay_out_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let world = started(&write(folder.path(), &json!({"old": peer("legacy")}))).await;
    served(&world, "old").await;
    let logs = eventually("the program's words are in the log", async || {
        let logs = json!(world.program.logs()).to_string();
        logs.contains("my secret is").then_some(logs)
    })
    .await;
    assert!(logs.contains("environment: PATH PEER_NAME PEER_SECRET\""), "{logs}");
    assert!(logs.contains("my secret is ***") && !logs.contains("hush-hush"), "{logs}");
}

#[tokio::test]
async fn a_program_that_ends_fails_its_call_and_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = started(&write(folder.path(), &json!({"old": peer("legacy")}))).await;
    let path = served(&world, "old").await;
    let before = said(&world, &path, "whoami", "").await;
    let died = world.mcp().call_tool(&path, "die", json!({})).await.expect(200);
    assert_eq!(died.rpc()["result"]["isError"], true, "{}", died.text());
    let after = eventually("the program runs again", async || {
        let pid = said(&world, &path, "whoami", "").await;
        pid.parse::<u32>().is_ok().then_some(pid)
    })
    .await;
    assert_ne!(before, after);
}

#[tokio::test]
async fn a_program_that_the_file_names_no_longer_is_taken_off_and_may_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &json!({"old": peer("legacy"), "new": peer("legacy")}));
    let mut world = started(&file).await;
    served(&world, "new").await;
    served(&world, "old").await;
    for (programs, count) in [
        (json!({"new": peer("legacy")}), 1),
        (json!({"new": peer("legacy"), "old": peer("legacy")}), 2),
    ] {
        write(folder.path(), &programs);
        world.program.terminate();
        world.program.wait_exit().await;
        world.program = world.program.start_again().await;
        eventually("the list agrees with the file", async || {
            // The token was another issuer's; in development everybody reads.
            let found = Api::service(&world.program).get("/api/v1/servers").await.json();
            (found.as_array()?.len() == count).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn nobody_lists_a_program_over_the_api() {
    let world = World::start().await;
    for (url, transport) in [
        ("stdio://files", json!("stdio")),
        ("stdio://files", json!(null)),
        ("http://127.0.0.1:1/mcp", json!("stdio")),
    ] {
        let draft = json!({"name": "x", "endpoint_url": url, "transport_type": transport});
        world.registry().post("/api/v1/servers", &draft).await.expect(422);
    }
}

#[tokio::test]
async fn a_program_is_given_no_credential() {
    let folder = tempfile::tempdir().unwrap();
    let world = started(&write(folder.path(), &json!({"old": peer("legacy")}))).await;
    served(&world, "old").await;
    let found = world.registry().get("/api/v1/servers?name=old").await.json();
    let path = format!("/api/v1/servers/{}/credential", found[0]["id"].as_str().unwrap());
    let draft = json!({"kind": "header", "header_name": "x-key", "value": "v"});
    let refused = world.registry().put(&path, &draft).await.expect(422).text();
    assert!(refused.contains("kind") && refused.contains("environment"), "{refused}");
    let kept = world.registry().get(&path).await.expect(200).json();
    assert_eq!(kept["kind"], "none");
}

#[tokio::test]
async fn a_wrong_file_is_refused_at_the_start_in_words_that_name_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &json!({"Not An Alias": {"command": "x"}}));
    let ended =
        Launch::program("mcp-registry").envs(&[("MREG_STDIO_SERVERS_FILE", file.as_str())]).run();
    assert_eq!(ended.status.code(), Some(2));
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(words.contains("MREG_STDIO_SERVERS_FILE") && words.contains("alias"), "{words}");
}
