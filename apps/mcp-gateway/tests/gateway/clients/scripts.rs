//! Clients that are scripts of `tools/sdks`: what they print is what they found.

use std::process::Stdio;
use std::sync::OnceLock;

use registry_testkit::eventually;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use super::{Door, Found, table::Row};

/// Where the scripts and what they need are.
pub(super) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/sdks");

/// The Python that has the SDKs; all clients are ready when this returns.
pub(super) fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let done = std::process::Command::new(format!("{FOLDER}/install")).output();
        let done = done.expect("install runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "the clients cannot be installed: {said}");
        String::from_utf8(done.stdout).expect("a path").trim().to_owned()
    })
}

/// Runs a client's script at a door; what it found.
pub(super) async fn run(row: &Row, door: &Door<'_>) -> Found {
    let Row { client, era, .. } = *row;
    let cancels = row.reason("cancel").is_none();
    let python = tokio::task::spawn_blocking(python).await.expect("the installation is waited for");
    let (program, script) = match client {
        "mcp" | "fastmcp" => (python, "actions.py"),
        _ => ("node", "actions.mjs"),
    };
    let names = json!({ "prefix": door.prefix, "uri": door.uri, "cancels": cancels }).to_string();
    let home = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(program)
        .args([script, client, era, &door.url, &names])
        .env("TOKEN", door.token)
        .env("HOME", home.path())
        .current_dir(FOLDER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the client starts");
    let mut input = child.stdin.take().expect("stdin is a pipe");
    let mut said = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let cancelled = door.bench.slow_cancelled();

    // Who can cancel does it with the last call, once that runs; it does not end otherwise.
    let conversation = async {
        let mut found = String::new();
        if cancels {
            eventually("the client's call runs", async || {
                (door.bench.slow_running() == 1).then_some(())
            })
            .await;
            input.write_all(b"cancel\n").await.expect("the client listens");
        }
        said.read_line(&mut found).await.expect("the client speaks");
        if cancels {
            // Told by the cancellation: the client still has its connection.
            eventually("the server knows that the call is cancelled", async || {
                (door.bench.slow_cancelled() == cancelled + 1).then_some(())
            })
            .await;
        }
        drop(input);
        found
    };
    let found = tokio::select! {
        biased;
        found = conversation => Ok(found),
        _ = child.wait() => {
            let done = child.wait_with_output().await.expect("it is waited for");
            let words = String::from_utf8_lossy(&done.stderr).into_owned();
            Err(format!("{client} {era} at {} {}: {words}", door.url, door.prefix))
        }
    };
    serde_json::from_str(&found.expect("the client does its part")).expect("what it found")
}
