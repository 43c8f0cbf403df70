//! Who may call what through port 8000, and what stays of it.

use registry_testkit::{
    Api, Launch, eventually,
    upstreams::{Era, RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{World, proxied, said, saying, simple, tool};

#[tokio::test]
async fn a_token_is_not_needed_but_a_bad_one_is_refused() {
    let upstream = saying(&["open"], "x");
    let world = World::start().await;
    world.list("open", &upstream.url()).await;
    for api in [world.stranger.clone(), world.someone("ada").await] {
        assert_eq!(said(&proxied(&api, "tools/call", tool("open")).await.expect(200)), "x");
        assert_eq!(said(&simple(&api, "tools/call", tool("open")).await.expect(200)), "x");
    }
    let bad = world.stranger.clone().with_token("no.such.token");
    proxied(&bad, "tools/call", tool("open")).await.expect(401);
    let answer = simple(&bad, "tools/call", tool("open")).await.expect(401);
    assert_eq!(answer.json()["error"]["code"], -33012);
}

#[tokio::test]
async fn strangers_are_limited_by_their_address() {
    let upstream = saying(&["open"], "x");
    let world = World::with(&[("MREG_PUBLIC_RATE_LIMIT_RPM", "60")]).await;
    world.list("open", &upstream.url()).await;
    let refused = eventually("the limit is used up", async || {
        let answer = proxied(&world.stranger, "tools/call", tool("open")).await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.json()["error"], "RATE_LIMIT_EXCEEDED");
    let answer = simple(&world.stranger, "tools/call", tool("open")).await.expect(429);
    assert_eq!(answer.json()["error"]["code"], -33011);
}

#[tokio::test]
async fn each_principal_has_a_session_of_their_own_at_a_server_with_sessions() {
    let upstream =
        RmcpServer::start(RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() });
    let world = World::start().await;
    world.list("sessions", &upstream.url()).await;
    let call = json!({ "name": "echo", "arguments": { "text": "hi" } });
    for api in [world.stranger.clone(), world.someone("ada").await, world.someone("eve").await] {
        for _ in 0..2 {
            proxied(&api, "tools/call", call.clone()).await.expect(200);
        }
    }
    let sessions: Vec<String> = upstream
        .seen_of("tools/call")
        .iter()
        .map(|seen| seen.headers["mcp-session-id"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(sessions.len(), 6);
    let of = |person: usize| &sessions[2 * person..2 * person + 2];
    for person in 0..3 {
        assert_eq!(of(person)[0], of(person)[1], "{sessions:?}");
        assert!(!of((person + 1) % 3).contains(&of(person)[0]), "{sessions:?}");
    }
}

#[tokio::test]
async fn servers_of_a_tenant_are_seen_with_its_token_and_others_are_told_nothing() {
    let upstream = saying(&["ours"], "x");
    let world = World::with(&[("MREG_PUBLIC_API_MODE", "protected")]).await;
    let member = json!({ "subject": "root-c", "roles": ["admin"], "tenant": "contoso" });
    let member = registry_testkit::token(&world.program, member).await;
    let contoso = World { admin: world.stranger.clone().with_token(&member), ..world };
    contoso.list("ours", &upstream.url()).await;
    let user = json!({ "subject": "ada", "tenant": "contoso" });
    let user = registry_testkit::token(&contoso.program, user).await;
    let user = contoso.stranger.clone().with_token(&user);
    proxied(&user, "tools/call", tool("ours")).await.expect(200);
    proxied(&contoso.stranger, "tools/call", tool("ours")).await.expect(401);
    let stranger = json!({ "subject": "eve", "tenant": "fabrikam" });
    let eve = registry_testkit::token(&contoso.program, stranger).await;
    let eve = contoso.stranger.clone().with_token(&eve);
    proxied(&eve, "tools/call", tool("ours")).await.expect(404);
    for (api, query, status, seen) in [
        (&user, "", 200, 1),
        (&user, "?tenant_id=contoso", 200, 1),
        (&user, "?tenant_id=fabrikam", 403, 0),
        (&eve, "?tenant_id=contoso", 403, 0),
        (&eve, "", 200, 0),
        (&contoso.stranger, "", 200, 0),
        (&contoso.stranger, "?tenant_id=contoso", 200, 0),
    ] {
        let answer = api.get(&format!("/api/v1/router/metrics{query}")).await.expect(status);
        if status == 200 {
            assert_eq!(answer.json()["metrics"].as_object().unwrap().len(), seen, "{query}");
        }
    }
}

#[tokio::test]
async fn the_public_api_alone_serves_it_too() {
    let upstream = saying(&["alone"], "x");
    let world = World::of(Launch::program("public-api").start().await).await;
    world.list("alone", &upstream.url()).await;
    assert_eq!(said(&simple(&world.stranger, "tools/call", tool("alone")).await.expect(200)), "x");
    let shown: Value = Api::service(&world.program).get("/").await.expect(200).json();
    assert_eq!(shown["proxy_endpoints"]["simple"], "/mcp");
}
