//! [`Program`] with a shell script in the program's place.

use registry_testkit::{Api, Launch, Program};
use serde_json::json;

fn script(text: &str) -> Launch {
    Launch::binary("/bin/sh").only_args(&["-c", text]).waits_for(&["public-api", "mcp-gateway"])
}

const LISTENING: &str = r#"
    echo '{"message":"listening","server":"public-api","address":"127.0.0.1:8123"}'
    echo '{"message":"listening","server":"mcp-gateway","address":"127.0.0.1:8124"}'
"#;

#[tokio::test]
async fn a_program_listens_and_ends_when_asked() {
    let mut program = script(&format!(
        "trap 'exit 7' TERM; {LISTENING} echo \"{{\\\"port\\\":\\\"$MREG_SERVICE_PORT\\\"}}\"; \
         while :; do sleep 0.05; done"
    ))
    .start()
    .await;
    assert_eq!(program.service_url(), "http://127.0.0.1:8123");
    assert_eq!((program.service_port(), program.gateway_port()), (8123, 8124));
    registry_testkit::eventually("all three lines were read", async || {
        (program.logs().len() == 3).then_some(())
    })
    .await;
    assert_eq!(program.logs()[2], json!({ "port": "0" }));
    program.terminate();
    assert_eq!(program.wait_exit().await.code(), Some(7));
}

#[tokio::test]
async fn the_environment_is_clean_and_settings_win() {
    let launch = script(&format!("{LISTENING} env >&2; pwd >&2; exec sleep 60"));
    let data = launch.clone();
    let mut program = launch.envs(&[("MREG_SERVICE_PORT", "8123")]).start().await;
    let errors = registry_testkit::eventually("env was printed", async || {
        Some(program.errors()).filter(|errors| errors.lines().count() > 6)
    })
    .await;
    assert!(errors.contains("MREG_SERVICE_PORT=8123"), "{errors}");
    assert!(!errors.contains("CARGO"), "{errors}");
    assert!(errors.contains(&format!("MREG_DATA_DIR={}", program.data_dir().path().display())));
    program.kill();
    drop(data);
}

#[tokio::test]
#[should_panic(expected = "no such table")]
async fn an_early_end_tells_what_was_said() {
    script("echo 'no such table' >&2; exit 3").start().await;
}

#[test]
#[should_panic(expected = "cargo build -p no-such-program --bin no-such-program")]
fn a_missing_program_names_the_command() {
    let _ = Launch::program("no-such-program");
}

#[tokio::test]
async fn the_demo_server_prints_its_url() {
    let path = env!("CARGO_BIN_EXE_mcp-echo-server");
    let mut child =
        std::process::Command::new(path).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let answer = Api::new(line.trim()).call_tool("", "echo", json!({ "text": "hi" })).await;
    assert_eq!(answer.rpc()["result"]["content"][0]["text"], "hi");
    child.kill().unwrap();
    child.wait().unwrap();
    let output = Program::run("mcp-echo-server", &["--help"], &[]);
    assert!(output.status.success());
}
