//! The frontend kit (`docs/frontend`) against the real program: it compiles under `tsc --strict`,
//! and its own tests hold on both ports. Node 20 or later and npm are needed; what npm installs
//! stays below `target`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use registry_testkit::{
    Program, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

/// What the kit consists of, besides what is in these folders.
const FILES: [&str; 4] = ["package.json", "package-lock.json", "tsconfig.json", ".npmrc"];
const FOLDERS: [&str; 2] = ["src", "test"];

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/frontend")
}

/// A copy of the kit to build in: the repository stays free of what npm and tsc make.
fn workbench() -> PathBuf {
    let bench = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frontend");
    for folder in FOLDERS.iter().chain(&["dist"]) {
        let _there_may_be_none = fs::remove_dir_all(bench.join(folder));
    }
    for folder in FOLDERS {
        fs::create_dir_all(bench.join(folder)).expect("a folder");
        for entry in fs::read_dir(kit().join(folder)).expect("a folder of the kit") {
            let entry = entry.expect("a file of the kit");
            let copy = bench.join(folder).join(entry.file_name());
            fs::copy(entry.path(), copy).expect("a copy");
        }
    }
    for file in FILES {
        fs::copy(kit().join(file), bench.join(file)).expect("a copy");
    }
    bench
}

/// Runs a program of Node's to its end, beside the server that this test is.
async fn run(bench: &Path, program: &'static str, args: &[&str], envs: &[(&str, String)]) {
    let mut command = Command::new(program);
    command.args(args).current_dir(bench);
    command.envs(envs.iter().map(|(name, value)| (name, value)));
    let ended = tokio::task::spawn_blocking(move || command.output()).await.expect("it ends");
    let output = ended.unwrap_or_else(|error| {
        panic!("{program}: {error}. Install Node 20 or later with npm: apt-get install nodejs npm")
    });
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{program} {args:?} failed\n{out}\n{err}");
}

#[tokio::test]
async fn the_kit_compiles_strictly_and_works_on_both_ports() {
    let bench = workbench();
    run(&bench, "npm", &["ci", "--prefer-offline", "--loglevel=error"], &[]).await;
    run(&bench, "node", &["node_modules/typescript/bin/tsc", "-p", "."], &[]).await;

    let program = Program::start("mcp-registry", &[]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let user = token(&program, json!({ "subject": "ada" })).await;
    let admin = token(&program, json!({ "subject": "root", "roles": ["admin"] })).await;
    let given = [
        ("API_BASE_URL", program.service_url()),
        ("MCP_BASE_URL", program.gateway_url()),
        ("USER_TOKEN", user),
        ("ADMIN_TOKEN", admin),
        ("UPSTREAM_URL", upstream.url()),
    ];
    run(&bench, "node", &["--test", "dist/test/"], &given).await;
}
