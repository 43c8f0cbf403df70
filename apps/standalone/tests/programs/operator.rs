//! What an operator does beside a running program: `register-server` and `healthcheck`.

use std::net::TcpListener;

use registry_testkit::{
    Api, DataDir, Launch, Program,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{Pair, admin, echo, failed, run, run_on, served, stdout, well};

#[tokio::test]
async fn a_server_that_was_registered_before_the_start_can_be_called() {
    let data = DataDir::new();
    let upstream = RmcpServer::start(RmcpOptions::default());
    let args = ["register-server", "My Files", &upstream.url(), "--description", "for tests"];
    let said = well(&run_on(&data, &args, &[]));
    assert!(said.contains("my-files") && said.contains("pinned"), "{said}");

    let program = Launch::program("mcp-registry").data_dir(&data).start().await;

    let gateway = Api::gateway(&program).with_token(&admin(&program).await);
    assert_eq!(echo(&gateway, "my-files", "hello").await, "hello");
}

#[tokio::test]
async fn a_server_that_is_registered_while_the_programs_run_is_served_by_them() {
    let pair = Pair::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let args = ["register-server", "Files", &upstream.url(), "--alias", "late"];
    well(&run_on(pair.service.data_dir(), &args, &[]));
    let gateway = Api::gateway(&pair.gateway).with_token(&admin(&pair.service).await);
    served(&gateway, "late").await;
    assert_eq!(echo(&gateway, "late", "hello").await, "hello");
}

#[tokio::test]
async fn a_server_of_a_tenant_is_served_to_that_tenant() {
    let data = DataDir::new();
    let upstream = RmcpServer::start(RmcpOptions::default());
    let args = ["register-server", "Files", &upstream.url(), "--tenant", "contoso"];
    well(&run_on(&data, &args, &[]));
    let program = Launch::program("mcp-registry").data_dir(&data).start().await;
    for (tenant, status) in [("contoso", 200), ("fabrikam", 404)] {
        let claims = json!({ "subject": tenant, "tenant": tenant });
        let token = registry_testkit::token(&program, claims).await;
        let gateway = Api::gateway(&program).with_token(&token);
        gateway.mcp("/servers/files/mcp", "tools/list", json!({})).await.expect(status);
    }
}

#[tokio::test]
async fn a_server_that_nobody_answers_for_is_listed_and_said_to_wait() {
    let said = well(&run(&["register-server", "Asleep", "http://127.0.0.1:9/mcp"], &[]));
    assert!(said.contains("asleep") && said.contains("first manifest"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_registered_is_told_with_its_field() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let url = upstream.url();
    let wrong: [(&[&str], &str); 5] = [
        (&["", &url], "name"),
        (&["Files", "not a url"], "endpoint_url"),
        (&["Files", "ftp://127.0.0.1/mcp"], "endpoint_url"),
        (&["Files", &url, "--alias", "Not An Alias"], "alias"),
        (&["Files", &url, "--tenant", ""], "tenant"),
    ];
    for (args, field) in wrong {
        let output = run(&[&["register-server"], args].concat(), &[]);
        let said = failed(&output, 2);
        assert!(said.contains(field) && said.lines().count() == 1, "{args:?}: {said}");
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[tokio::test]
async fn the_same_alias_is_not_given_twice() {
    let data = DataDir::new();
    let upstream = RmcpServer::start(RmcpOptions::default());
    let url = upstream.url();
    well(&run_on(&data, &["register-server", "One", &url, "--alias", "files"], &[]));
    let second = ["register-server", "Two", &format!("{url}?two"), "--alias", "files"];
    let output = run_on(&data, &second, &[]);
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    let said = crate::support::stderr(&output);
    assert!(said.contains("alias") && !said.contains("panicked"), "{said}");
}

#[tokio::test]
async fn healthcheck_tells_whether_the_program_is_alive() {
    let mut program = Program::start("mcp-registry", &[]).await;
    let service = program.service_port().to_string();
    let gateway = program.gateway_port().to_string();
    let settings = [("MREG_SERVICE_PORT", &*service), ("MREG_FASTMCP_PORT", &*gateway)];
    let said = well(&run(&["healthcheck"], &settings));
    assert!(said.contains(&service) && said.contains(&gateway), "{said}");
    well(&Program::run("public-api", &["healthcheck"], &settings));
    well(&Program::run("mcp-gateway", &["healthcheck"], &settings));

    program.kill();

    for name in ["mcp-registry", "public-api", "mcp-gateway"] {
        let output = Program::run(name, &["healthcheck"], &settings);
        let said = failed(&output, 1);
        let port = if name == "mcp-gateway" { &gateway } else { &service };
        assert!(said.contains(port) && said.lines().count() == 1, "{name}: {said}");
    }
}

#[tokio::test]
async fn healthcheck_of_both_servers_fails_when_only_one_is_alive() {
    let mut pair = Pair::start().await;
    let service = pair.service.service_port().to_string();
    let gateway = pair.gateway.gateway_port().to_string();
    let settings = [("MREG_SERVICE_PORT", &*service), ("MREG_FASTMCP_PORT", &*gateway)];
    well(&run(&["healthcheck"], &settings));
    pair.gateway.kill();
    failed(&run(&["healthcheck"], &settings), 1);
    well(&Program::run("public-api", &["healthcheck"], &settings));
}

#[tokio::test]
async fn healthcheck_does_not_wait_for_ever_for_a_program_that_hangs() {
    // It accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let args = ["healthcheck", "--timeout", "1"];
    let said = failed(&Program::run("public-api", &args, &[("MREG_SERVICE_PORT", &port)]), 1);
    assert!(said.contains("in time"), "{said}");
}
