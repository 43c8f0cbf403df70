//! Wherever a request lands, everything is known there.

use registry_testkit::{Answer, Api, eventually};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::support::{World, call, echoed, path};

/// Enough requests in a row that each replica gets some.
const SOME: usize = 4;

const ACTIVE: &str = "/api/v1/proxy/active-requests";

fn location(answer: &Answer) -> Url {
    Url::parse(answer.header("location")).unwrap()
}

fn cookie_of(answer: &Answer, name: &str) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut pairs = cookies.filter_map(|cookie| cookie.to_str().unwrap().split(';').next());
    pairs.find(|pair| pair.starts_with(name) && !pair.ends_with('=')).unwrap().to_owned()
}

/// The path and query of an address.
fn rest(address: &Url) -> String {
    address[url::Position::BeforePath..].to_owned()
}

#[tokio::test]
async fn a_sign_in_begun_on_one_is_finished_on_the_other_and_ended_everywhere() {
    let world = World::start(&[]).await;
    let gateways = world.gateways();
    let left = gateways.get("/oauth/login?return_to=/").await.expect(302);
    let flow = cookie_of(&left, "mcp_sign_in");
    let at = location(&left);
    let back = Api::new(at.origin().ascii_serialization()).get(&rest(&at)).await.expect(302);
    let back = rest(&location(&back));
    let back = gateways.clone().with_header("cookie", &flow).get(&back).await.expect(302);
    let session = cookie_of(&back, "mcp_session");

    let browser = gateways.clone().with_header("cookie", &session);
    let api = world.apis().with_header("cookie", &session);
    for _ in 0..SOME {
        browser.get("/oauth/userinfo").await.expect(200);
        assert_eq!(api.get("/users/me").await.expect(200).json()["email"], "ada@example.com");
    }
    let out = browser.clone().with_header("sec-fetch-site", "same-origin");
    out.post("/oauth/logout", &Value::Null).await.expect(204);
    eventually("the session has ended on every replica", async || {
        let mut ended = true;
        for _ in 0..SOME {
            ended &= browser.get("/oauth/userinfo").await.status == 401;
            ended &= api.get("/users/me").await.status == 401;
        }
        ended.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_clients_session_goes_on_wherever_its_next_message_lands_and_ends_there_too() {
    let world = World::start(&[]).await;
    let client = world.gateway_as("Ada");
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "cluster", "version": "1" },
    });
    let begun = client.mcp_legacy("/mcp", None, "initialize", params).await.expect(200);
    let session = begun.header("mcp-session-id").to_owned();
    assert!(!session.is_empty());
    let told = "notifications/initialized";
    client.mcp_legacy("/mcp", Some(&session), told, json!({})).await.expect(202);
    for text in ["one", "two", "three", "four"] {
        let params = json!({ "name": "files__echo", "arguments": { "text": text } });
        let answer = client.mcp_legacy("/mcp", Some(&session), "tools/call", params).await;
        assert_eq!(echoed(&answer), Ok(text.to_owned()));
    }
}

#[tokio::test]
async fn limits_are_counted_once_for_all_replicas() {
    // Nothing that a test of this length takes refills so slow a limit by much.
    let world = World::start(&[("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "60")]).await;
    let client = world.gateway_as("Ada");
    let mut admitted = 0;
    for _ in 0..240 {
        let answer = client.mcp("/mcp", "ping", json!({})).await;
        match answer.status.as_u16() {
            429 => assert!(!answer.header("retry-after").is_empty()),
            _ => admitted += 1,
        }
    }
    // Each for itself would have let in twice the burst, which is no more than a minute's.
    assert!((1..120).contains(&admitted), "{admitted} of 240");
}

#[tokio::test]
async fn a_call_is_listed_and_cancelled_wherever_one_asks() {
    let world = World::start(&[]).await;
    let admin = world.api_as("Grace");
    for _ in 0..2 {
        let (mut calls, caller) = (JoinSet::new(), world.apis());
        calls.spawn(async move { caller.post("/mcp/proxy", &call("slow", &json!({}))).await });
        let mut id = String::new();
        for _ in 0..SOME {
            id = eventually("the call is listed", async || {
                let listed = admin.get(ACTIVE).await.expect(200).json();
                let first = listed["requests"].as_array().unwrap().first().cloned()?;
                first["request_id"].as_str().map(str::to_owned)
            })
            .await;
        }
        let told = admin.delete(&format!("/api/v1/proxy/requests/{id}")).await.expect(200);
        assert_eq!(told.json()["cancelled"], true);
        let answer = calls.join_next().await.unwrap().unwrap().expect(409);
        assert_eq!(answer.json()["error"]["code"], -32800);
    }
}

#[tokio::test]
async fn what_happens_anywhere_is_told_everywhere() {
    let world = World::start(&[]).await;
    let token = world.cluster.entra.access_token("Ada");
    let mut feeds = Vec::new();
    for base in [world.cluster.to_apis.url(), world.cluster.to_gateways.url()] {
        for _ in 0..2 {
            let api = Api::new(&base).with_token(&token);
            let request = http::Request::new(bytes::Bytes::new());
            let mut feed = api.open("/api/v1/events/registrations", request).await;
            feed.next().await.unwrap();
            feeds.push(feed);
        }
    }
    let draft = json!({
        "endpoint_url": "http://127.0.0.1:1/told", "endpoint_name": "Told", "owner_contact": "a@b.example",
    });
    world.api_as("Ada").post("/registrations", &draft).await.expect(201);
    for feed in &mut feeds {
        loop {
            let event = feed.next().await.unwrap();
            if event.name.as_deref() == Some("registration_created") {
                assert_eq!(event.json()["payload"]["endpoint_name"], "Told");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_is_withdrawn_on_one_is_gone_on_all() {
    let world = World::start(&[]).await;
    let (admin, client) = (world.api_as("Grace"), world.gateway_as("Grace"));
    let listed = admin.get("/registrations").await.expect(200).json();
    let id = listed["results"][0]["registration_id"].as_str().unwrap().to_owned();
    admin.delete(&format!("/registrations/{id}")).await.expect(204);
    eventually("no gateway serves it", async || {
        let mut gone = true;
        for _ in 0..SOME {
            gone &= client.mcp(&path(), "tools/list", json!({})).await.status == 404;
        }
        gone.then_some(())
    })
    .await;
}
