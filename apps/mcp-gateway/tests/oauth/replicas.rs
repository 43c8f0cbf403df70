//! Several gateways on one store are one authorization server. (On PostgreSQL with Redis they share
//! flows under way too; on one file each process finishes what it began.)

use registry_testkit::entra::Entra;
use registry_testkit::{Api, Launch, eventually};
use serde_json::json;

use crate::browser::Browser;
use crate::support::{World, launch};

async fn opens(base: &str, token: &str) -> u16 {
    let api = Api::new(base).with_token(token);
    api.mcp("/mcp", "tools/list", json!({})).await.status.as_u16()
}

#[tokio::test]
async fn keys_grants_and_revocations_are_everybodys() {
    let world = World::start().await;
    let base = world.base();
    let beside: Launch = launch("mcp-gateway", &world.entra, &[("MREG_FASTMCP_BASE_URL", &base)])
        .data_dir(world.program.data_dir());
    let beside = beside.start().await;
    let there = beside.gateway_url();
    let client = world.client().await;
    let mut browser = Browser::new(&base);
    let tokens = browser.tokens(&client, &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!((opens(&base, access).await, opens(&there, access).await), (200, 200));

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let next = client.refresh(&Api::new(&there), refresh).await.expect(200).json();
    let next_access = next["access_token"].as_str().unwrap();
    assert_eq!(opens(&base, next_access).await, 200);
    client.refresh(&Api::new(&base), refresh).await.expect(400);
    eventually("the other replica knows that the grant was ended", async || {
        (opens(&there, access).await == 401 && opens(&there, next_access).await == 401)
            .then_some(())
    })
    .await;
    let keys = |answer: registry_testkit::Answer| answer.expect(200).json();
    let jwks = "/.well-known/jwks.json";
    assert_eq!(keys(Api::new(&base).get(jwks).await), keys(Api::new(&there).get(jwks).await));
}

#[tokio::test]
async fn a_restart_keeps_clients_keys_and_grants() {
    let entra = Entra::new();
    let base = "http://gateway.example";
    entra.allow_redirect(&format!("{base}/auth/callback"));
    let mut program =
        launch("mcp-registry", &entra, &[("MREG_FASTMCP_BASE_URL", base)]).start().await;
    let client = crate::browser::Client::registered(&Api::gateway(&program)).await;
    let keys = Api::gateway(&program).get("/.well-known/jwks.json").await.expect(200).json();
    program.kill();
    let again = program.start_again().await;
    let api = Api::gateway(&again);
    assert_eq!(api.get("/.well-known/jwks.json").await.expect(200).json(), keys);
    let refused = client.refresh(&api, "no token").await.expect(400).json();
    assert_eq!(refused["error"], "invalid_grant", "the client is known");
}
