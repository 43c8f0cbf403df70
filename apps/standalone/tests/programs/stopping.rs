//! SIGTERM: what is in flight completes, then the program ends well.

use registry_testkit::{
    Api, Program,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{PROGRAMS, Pair, admin, approve, logged, served, submit};

#[tokio::test]
async fn an_idle_program_ends_well_when_told_to() {
    for name in PROGRAMS {
        let mut program = Program::start(name, &[]).await;
        program.terminate();
        let status = program.wait_exit().await;
        assert_eq!(status.code(), Some(0), "{name}: {status}");
        logged(&program, "stopped").await;
        assert!(!program.errors().contains("error"), "{name}: {}", program.errors());
    }
}

#[tokio::test]
async fn an_idle_connection_does_not_keep_the_program() {
    let mut program = Program::start("mcp-registry", &[]).await;
    let (service, gateway) = (Api::service(&program), Api::gateway(&program));
    service.get("/livez").await.expect(200);
    gateway.get("/livez").await.expect(200);
    program.terminate();
    assert_eq!(program.wait_exit().await.code(), Some(0));
}

#[tokio::test]
async fn the_call_in_flight_through_a_gateway_of_its_own_completes() {
    let mut pair = Pair::start().await;
    let token = admin(&pair.service).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let service = Api::service(&pair.service).with_token(&token);
    let gateway = Api::gateway(&pair.gateway).with_token(&token);
    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    served(&gateway, "files").await;
    let bench = upstream.workbench();

    let call = gateway.call_tool("/servers/files/mcp", "slow", json!({}));
    let stop_in_the_middle = async {
        registry_testkit::eventually("the call runs", async || {
            (bench.slow_running() == 1).then_some(())
        })
        .await;
        pair.gateway.terminate();
        logged(&pair.gateway, "stopping").await;
        bench.slow_gate.open();
    };
    let (answer, ()) = tokio::join!(call, stop_in_the_middle);

    assert_eq!(answer.expect(200).rpc()["result"]["content"][0]["text"], "done");
    assert_eq!(pair.gateway.wait_exit().await.code(), Some(0));
    logged(&pair.gateway, "stopped").await;
    assert_eq!(bench.slow_cancelled(), 0);
    Api::service(&pair.service).get("/ready").await.expect(200);
}

#[tokio::test]
async fn a_program_that_was_told_to_stop_starts_again_with_what_it_had() {
    let mut program = Program::start("mcp-registry", &[]).await;
    let token = admin(&program).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let service = Api::service(&program).with_token(&token);
    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    program.terminate();
    program.wait_exit().await;

    let again = program.start_again().await;

    // Another port, so another issuer: the old token is of no use.
    let token = admin(&again).await;
    let gateway = Api::gateway(&again).with_token(&token);
    assert_eq!(crate::support::echo(&gateway, "files", "still").await, "still");
    let shown = Api::service(&again).with_token(&token).get(&format!("/registrations/{id}")).await;
    assert_eq!(shown.expect(200).json()["status"], "Approved");
}
