//! Servers that want credentials: who may set them, and when servers are shown them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use registry_testkit::{
    Answer, Api, eventually,
    upstreams::{Reply, Scripted, ScriptedRequest},
};
use serde_json::{Value, json};

use crate::support::{World, message, offering, proxied, said, says, tool};

/// A server that lets in whoever shows this header, and tells others how to ask for more.
fn guarded(header: &'static str, value: &'static str) -> Scripted {
    Scripted::start(move |request| {
        if request.header(header) == value { served(request) } else { Reply::bytes().send(SHUT) }
    })
}

const SHUT: &str = "HTTP/1.1 401 Scripted\r\nwww-authenticate: Bearer realm=\"upstream-realm\"\r\n\
                    content-type: text/plain\r\ncontent-length: 9\r\n\r\nupstream!";

fn served(request: &ScriptedRequest) -> Reply {
    let tools = json!([{ "name": "secret", "inputSchema": { "type": "object" } }]);
    let list = json!({
        "tools": tools, "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
    });
    if request.rpc_method() == "tools/list" {
        return Reply::result(request, &list);
    }
    registry_testkit::upstreams::answer_handshake(request)
        .unwrap_or_else(|| says(request, "opened"))
}

/// Lists a server directly; its id.
async fn listed(world: &World, url: &str) -> String {
    let draft = json!({ "name": "Vault", "endpoint_url": url, "alias": "vault" });
    let made = world.admin.post("/api/v1/servers", &draft).await.expect(201).json();
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

fn path(server: &str) -> String {
    format!("/api/v1/servers/{server}/credential")
}

fn header(name: &str, value: &str) -> Value {
    json!({ "kind": "header", "header_name": name, "value": value })
}

async fn call(gateway: &Api) -> Answer {
    let arguments = json!({ "name": "vault__secret", "arguments": {} });
    gateway.post("/mcp", &message("tools/call", arguments)).await
}

/// All that the program has logged.
fn printed(world: &World) -> String {
    format!("{:?} {}", world.program.logs(), world.program.errors())
}

/// Waits until the tool is served and its call says this.
async fn calls_say(gateway: &Api, word: &str) {
    eventually(&format!("calls say {word}"), async || {
        call(gateway).await.text().contains(word).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_header_is_shown_to_its_server_for_those_who_signed_in_and_to_nobody_else() {
    let upstream = guarded("x-api-key", "s3cret-1");
    let other = offering(&["open"], |request| says(request, "x"));
    let world = World::start().await;
    world.list("open", &other.url()).await;
    let id = listed(&world, &upstream.url()).await;
    let none = world.admin.get(&path(&id)).await.expect(200).json();
    assert_eq!(none["kind"], "none");
    world.admin.put(&path(&id), &header("X-Api-Key", "s3cret-1")).await.expect(200);
    let gateway = world.gateway().await;
    calls_say(&gateway, "opened").await;

    // Signed in, also through port 8000; without a token the server is asked without it.
    assert_eq!(said(&proxied(&world.admin, "tools/call", tool("secret")).await), "opened");
    let before = upstream.requests().len();
    let refused = proxied(&world.stranger, "tools/call", tool("secret")).await;
    assert_eq!(refused.status, 502, "{}", refused.text());
    let asked = upstream.requests().split_off(before);
    let plain: Vec<_> = asked.iter().filter(|seen| seen.header("x-api-key").is_empty()).collect();
    assert!(!plain.is_empty(), "the stranger's call asked it without");

    // A client's own headers go nowhere.
    let own = gateway.clone().with_header("x-api-key", "client's");
    assert!(call(&own).await.text().contains("opened"));
    assert!(upstream.requests().iter().all(|seen| seen.header("authorization").is_empty()));
    assert!(other.requests().iter().all(|seen| seen.header("x-api-key").is_empty()));

    // It is told of, but not shown.
    let shown = world.admin.get(&path(&id)).await.expect(200);
    assert!(!shown.text().contains("s3cret"), "{}", shown.text());
    let told = shown.json();
    assert_eq!((&told["kind"], &told["header_name"]), (&json!("header"), &json!("x-api-key")));
    assert!(told["set_at"].is_string() && told["set_by"].is_string(), "{told}");
    world.stranger.get(&path(&id)).await.expect(401);
    assert!(!printed(&world).contains("s3cret"), "a secret is in the log");
}

#[tokio::test]
async fn a_credential_that_is_not_taken_is_told_without_a_word_of_the_server() {
    let upstream = guarded("x-api-key", "s3cret-2");
    let world = World::start().await;
    let id = listed(&world, &upstream.url()).await;
    world.admin.put(&path(&id), &header("x-api-key", "s3cret-2")).await.expect(200);
    let gateway = world.gateway().await;
    calls_say(&gateway, "opened").await;
    let seen = world.admin.get(&path(&id)).await.expect(200);
    let etag = seen.header("etag").to_owned();
    let careful = world.admin.clone().with_header("if-match", &etag);
    careful.put(&path(&id), &header("x-api-key", "wrong")).await.expect(200);
    calls_say(&gateway, "UPSTREAM_CREDENTIAL_REFUSED").await;
    let told = call(&gateway).await.expect(200);
    assert!(told.text().contains("Vault") && told.text().contains("credential"), "{}", told.text());
    for word in ["upstream!", "upstream-realm", "wrong"] {
        assert!(!told.text().contains(word), "{}", told.text());
    }
    assert_eq!(told.header("www-authenticate"), "");
    // What was read has changed since.
    careful.put(&path(&id), &header("x-api-key", "other")).await.expect(409);
    careful.delete(&path(&id)).await.expect(409);
    world.admin.delete(&path(&id)).await.expect(204);
    world.admin.delete(&path(&id)).await.expect(204);
    assert_eq!(world.admin.get(&path(&id)).await.expect(200).json()["kind"], "none");
    calls_say(&gateway, "asks for credentials").await;
}

#[tokio::test]
async fn a_credential_is_not_shown_where_its_servers_address_is_of_another_origin() {
    let upstream = guarded("x-api-key", "s3cret-3");
    let world = World::start().await;
    let id = listed(&world, &upstream.url()).await;
    world.admin.put(&path(&id), &header("x-api-key", "s3cret-3")).await.expect(200);
    let gateway = world.gateway().await;
    calls_say(&gateway, "opened").await;
    let thief = Scripted::start(served);
    let moved = json!({ "name": "Vault", "endpoint_url": thief.url() });
    world.admin.put(&format!("/api/v1/servers/{id}"), &moved).await.expect(200);
    eventually("the move has reached the gateway", async || {
        (!call(&gateway).await.text().contains("opened")).then_some(())
    })
    .await;
    assert!(thief.requests().iter().all(|seen| seen.header("x-api-key").is_empty()));
    world.admin.put(&path(&id), &header("x-api-key", "another")).await.expect(200);
    calls_say(&gateway, "opened").await;
    assert!(thief.requests().iter().all(|seen| seen.header("x-api-key") == "another"));
}

#[tokio::test]
async fn a_token_is_fetched_once_for_many_and_anew_when_it_is_no_longer_taken() {
    let given = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&given);
    let issuer = Scripted::start(move |request| {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        assert_eq!(request.header("authorization"), "Basic Z2F0ZXdheTpodXNoJTIxNDI=");
        assert_eq!(form, "grant_type=client_credentials&scope=read+write");
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        let token = json!({
            "access_token": format!("t{number}"), "token_type": "Bearer", "expires_in": 3600,
        });
        Reply::json(200, &token)
    });
    let good = Arc::new(AtomicUsize::new(1));
    let taken = Arc::clone(&good);
    let upstream = Scripted::start(move |request| {
        let wanted = format!("Bearer t{}", taken.load(Ordering::SeqCst));
        if request.header("authorization") == wanted {
            served(request)
        } else {
            Reply::bytes().send(SHUT)
        }
    });
    let world = World::start().await;
    let id = listed(&world, &upstream.url()).await;
    let credential = json!({
        "kind": "client_credentials", "token_url": format!("{}/token", issuer.base()),
        "client_id": "gateway", "client_secret": "hush!42", "scopes": ["read", "write"],
    });
    world.admin.put(&path(&id), &credential).await.expect(200);
    let gateway = world.gateway().await;
    calls_say(&gateway, "opened").await;
    let together = futures_util::future::join_all((0..8).map(|_| call(&gateway))).await;
    assert!(together.iter().all(|answer| answer.text().contains("opened")));
    assert_eq!(given.load(Ordering::SeqCst), 1);

    good.store(2, Ordering::SeqCst);
    assert!(call(&gateway).await.text().contains("opened"), "a new token is fetched");
    assert_eq!(given.load(Ordering::SeqCst), 2);

    drop(issuer);
    good.store(9, Ordering::SeqCst);
    let lost = call(&gateway).await;
    assert!(lost.text().contains("UPSTREAM_CREDENTIAL_REFUSED"), "{}", lost.text());
    assert!(!printed(&world).contains("hush!42"));
}

#[tokio::test]
async fn what_no_credential_can_be_is_refused_by_name() {
    let upstream = Scripted::start(served);
    let world = World::start().await;
    let id = listed(&world, &upstream.url()).await;
    let of = |url: &str| {
        json!({
            "kind": "client_credentials", "token_url": url, "client_id": "a", "client_secret": "b",
        })
    };
    for (body, field) in [
        (header("Cookie", "x"), "header_name"),
        (header("Mcp-Session-Id", "x"), "header_name"),
        (header("x-key", "a\r\nb"), "value"),
        (header("x-key", &"x".repeat(4097)), "value"),
        (of("http://login.example/token"), "token_url"),
        (of("https://169.254.169.254/token"), "token_url"),
        (json!({ "kind": "none" }), "kind"),
        (json!({ "kind": "header", "header_name": "x-key" }), "value"),
        (json!({ "kind": "header", "header_name": "x", "value": "y", "scopes": [] }), "scopes"),
    ] {
        let answer = world.admin.put(&path(&id), &body).await.expect(422);
        let text = answer.text();
        assert!(text.contains(&format!("\"{field}\"")), "{body}: {text}");
    }
    let unknown = path("00000000-0000-4000-8000-000000000001");
    world.admin.put(&unknown, &header("x-key", "x")).await.expect(404);
    assert_eq!(world.admin.get(&path(&id)).await.expect(200).json()["kind"], "none");
}
