//! `public-api` and `mcp-gateway` as two processes on one data folder are one product.

use registry_testkit::{
    Api, Launch, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{Pair, admin, approve, echo, run_on, served, submit, well};

#[tokio::test]
async fn an_approval_made_through_the_api_reaches_the_gateway() {
    let pair = Pair::start().await;
    let token = admin(&pair.service).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let service = Api::service(&pair.service).with_token(&token);
    let gateway = Api::gateway(&pair.gateway).with_token(&token);
    let id = submit(&service, "files", &upstream.url()).await;
    let hidden = gateway.mcp("/servers/files/mcp", "tools/list", json!({})).await;
    assert_eq!(hidden.status, 404, "what is not approved is not served: {}", hidden.text());

    approve(&service, &id).await;

    served(&gateway, "files").await;
    assert_eq!(echo(&gateway, "files", "from the other process").await, "from the other process");
    let tools = gateway.mcp("/mcp", "tools/list", json!({})).await.expect(200).text();
    assert!(tools.contains("files__echo"), "{tools}");
}

#[tokio::test]
async fn a_deletion_made_through_the_api_takes_the_server_from_the_gateway() {
    let pair = Pair::start().await;
    let token = admin(&pair.service).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let service = Api::service(&pair.service).with_token(&token);
    let gateway = Api::gateway(&pair.gateway).with_token(&token);
    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    served(&gateway, "files").await;

    let deleted = service.delete(&format!("/registrations/{id}")).await;

    assert!(deleted.status.is_success(), "{}", deleted.text());
    eventually("the gateway serves it no more", async || {
        let list = gateway.mcp("/servers/files/mcp", "tools/list", json!({})).await;
        (list.status == 404).then_some(())
    })
    .await;
    let tools = gateway.mcp("/mcp", "tools/list", json!({})).await.expect(200).text();
    assert!(!tools.contains("files__"), "{tools}");
}

#[tokio::test]
async fn killing_the_api_leaves_the_gateway_serving() {
    let mut pair = Pair::start().await;
    let token = admin(&pair.service).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let service = Api::service(&pair.service).with_token(&token);
    let gateway = Api::gateway(&pair.gateway).with_token(&token);
    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    served(&gateway, "files").await;

    pair.service.kill();

    for text in ["one", "two", "three"] {
        assert_eq!(echo(&gateway, "files", text).await, text);
    }
    Api::gateway(&pair.gateway).get("/ready").await.expect(200);
}

#[tokio::test]
async fn killing_the_gateway_leaves_the_api_serving_and_a_new_gateway_catches_up() {
    let mut pair = Pair::start().await;
    let token = admin(&pair.service).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let service = Api::service(&pair.service).with_token(&token);

    pair.gateway.kill();

    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    Api::service(&pair.service).get("/ready").await.expect(200);
    let again = pair.gateway.start_again().await;
    let gateway = Api::gateway(&again).with_token(&token);
    assert_eq!(echo(&gateway, "files", "back").await, "back");
}

#[tokio::test]
async fn a_restarted_api_on_the_same_port_goes_on_with_the_gateway_that_stayed() {
    let mut pair = Pair::start().await;
    let token = admin(&pair.service).await;
    let port = pair.service.service_port().to_string();
    pair.service.kill();
    let service = Launch::program("public-api")
        .data_dir(pair.gateway.data_dir())
        .envs(&[("MREG_SERVICE_PORT", &port)])
        .start()
        .await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    // The token from before the restart: the key is in the data folder.
    let api = Api::service(&service).with_token(&token);
    let id = submit(&api, "files", &upstream.url()).await;
    approve(&api, &id).await;
    let gateway = Api::gateway(&pair.gateway).with_token(&token);
    served(&gateway, "files").await;
}

#[tokio::test]
async fn a_token_made_by_the_command_while_the_api_is_down_works_on_the_gateway() {
    let mut pair = Pair::start().await;
    let port = pair.service.service_port().to_string();
    pair.service.kill();

    let args = ["token", "--subject", "night-shift", "--role", "admin"];
    let made = run_on(pair.gateway.data_dir(), &args, &[("MREG_SERVICE_PORT", &port)]);

    let token = well(&made).trim().to_owned();
    let gateway = Api::gateway(&pair.gateway);
    gateway.mcp("/mcp", "tools/list", json!({})).await.expect(401);
    gateway.with_token(&token).mcp("/mcp", "tools/list", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_token_of_another_installation_is_refused() {
    let pair = Pair::start().await;
    let port = pair.service.service_port().to_string();
    let elsewhere = registry_testkit::DataDir::new();
    let made = run_on(&elsewhere, &["token", "--role", "admin"], &[("MREG_SERVICE_PORT", &port)]);
    let token = well(&made).trim().to_owned();
    let gateway = Api::gateway(&pair.gateway).with_token(&token);
    gateway.mcp("/mcp", "tools/list", json!({})).await.expect(401);
    Api::service(&pair.service).with_token(&token).get("/users/me").await.expect(401);
}
