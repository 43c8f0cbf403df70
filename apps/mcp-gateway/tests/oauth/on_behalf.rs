//! Servers that are opened in the name of whoever calls: with a token that Entra gives the gateway
//! for that person, and never with the one that the person came with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use registry_testkit::upstreams::{Reply, Scripted, answer_handshake};
use registry_testkit::{Answer, Api, eventually};
use serde_json::{Value, json};

use crate::support::World;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SHUT: &str = "HTTP/1.1 401 Scripted\r\nwww-authenticate: Bearer realm=\"upstream-realm\"\r\n\
                    content-type: text/plain\r\ncontent-length: 9\r\n\r\nupstream!";

/// A server that calls whoever shows a token by its text, until it takes none any more.
fn named(takes: &Arc<AtomicBool>) -> Scripted {
    let takes = Arc::clone(takes);
    Scripted::start(move |request| {
        if request.rpc_method() != "tools/call" {
            return answer_handshake(request).expect("a handshake");
        }
        let token = request.header("authorization").to_owned();
        if !token.starts_with("Bearer on-behalf-of-") || !takes.load(Ordering::SeqCst) {
            return Reply::bytes().send(SHUT);
        }
        let content = json!([{ "type": "text", "text": token }]);
        Reply::result(request, &json!({ "content": content, "resultType": "complete" }))
    })
}

/// A product with such a server, and the server's id.
async fn world(upstream: &Scripted) -> (World, String) {
    let world = World::with(&[("MREG_PUBLIC_API_MODE", "open")]).await;
    let admin = world.entra.access_token("Grace");
    let api = Api::service(&world.program).with_token(&admin);
    let draft = json!({ "name": "Files", "endpoint_url": upstream.url(), "alias": "files" });
    let made = api.post("/api/v1/servers", &draft).await.expect(201).json();
    let path = format!("/api/v1/servers/{}/credential", made["id"].as_str().expect("an id"));
    let wish = json!({ "kind": "on_behalf_of", "scopes": ["api://upstream/.default"] });
    // Whoever may write the server over may not have other people's tokens sent to it.
    let ada = Api::service(&world.program).with_token(&world.entra.access_token("Ada"));
    ada.put(&path, &wish).await.expect(403);
    let told = api.put(&path, &wish).await.expect(200).json();
    assert_eq!(
        (&told["kind"], &told["header_name"]),
        (&json!("on_behalf_of"), &json!("authorization"))
    );
    let gateway = world.gateway().with_token(&admin);
    eventually("calls are made in the caller's name", async || {
        call(&gateway).await.text().contains("on-behalf-of-grace").then_some(())
    })
    .await;
    (world, path)
}

async fn call(api: &Api) -> Answer {
    api.mcp("/mcp", "tools/call", json!({ "name": "files__echo", "arguments": {} })).await
}

/// All that went to the server.
fn shown(upstream: &Scripted) -> Vec<String> {
    let of = |request: &registry_testkit::upstreams::ScriptedRequest| {
        request.header("authorization").to_owned()
    };
    upstream.requests().iter().map(of).filter(|text| !text.is_empty()).collect()
}

#[tokio::test]
async fn each_caller_is_shown_with_a_token_of_their_own_that_is_got_once() {
    let upstream = named(&Arc::new(AtomicBool::new(true)));
    let (world, _) = world(&upstream).await;
    let got = world.entra.grants(GRANT);
    let ada = world.entra.access_token("Ada");
    let api = world.gateway().with_token(&ada);
    let together = tokio::join!(call(&api), call(&api), call(&api), call(&api));
    let together = [together.0, together.1, together.2, together.3];
    let first = format!("on-behalf-of-ada-{got}");
    assert!(together.iter().all(|answer| answer.text().contains(&first)), "{together:?}");
    assert_eq!(world.entra.grants(GRANT), got + 1, "one asked for all");

    // Also where she comes with a token of the gateway's: what she signed in with is good for it.
    world.entra.signs_in("Ada");
    let client = world.client().await;
    let tokens = world.browser().tokens(&client, &[]).await;
    let text = |tokens: &Value| tokens["access_token"].as_str().expect("a token").to_owned();
    let signed_in = world.gateway().with_token(&text(&tokens));
    assert!(call(&signed_in).await.text().contains(&first));

    let all = shown(&upstream);
    assert!(all.iter().all(|one| one.starts_with("Bearer on-behalf-of-")), "{all:?}");
    let asked = world.entra.requests();
    let asked =
        asked.iter().filter(|one| String::from_utf8_lossy(&one.body).contains("on_behalf_of"));
    assert_eq!(asked.count(), got + 1);
    let logs = format!("{:?} {}", world.program.logs(), world.program.errors());
    for secret in [ada.as_str(), "on-behalf-of-ada", &text(&tokens)] {
        assert!(!logs.contains(secret), "a token is in the log");
    }
}

#[tokio::test]
async fn who_signed_in_at_the_gateway_alone_is_shown_with_what_they_signed_in_with() {
    let upstream = named(&Arc::new(AtomicBool::new(true)));
    let (world, _) = world(&upstream).await;
    world.entra.signs_in("Ada");
    let client = world.client().await;
    let tokens = world.browser().tokens(&client, &[]).await;
    let api = world.gateway().with_token(tokens["access_token"].as_str().expect("a token"));
    assert!(call(&api).await.text().contains("on-behalf-of-ada"), "{}", call(&api).await.text());
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_got_anew_once_and_what_cannot_be_had_is_told() {
    let takes = Arc::new(AtomicBool::new(true));
    let upstream = named(&takes);
    let (world, path) = world(&upstream).await;
    let got = world.entra.grants(GRANT);
    takes.store(false, Ordering::SeqCst);
    let before = upstream.requests_of("tools/call").len();
    let grace = world.gateway().with_token(&world.entra.access_token("Grace"));
    let refused = call(&grace).await.expect(200);
    assert!(refused.text().contains("UPSTREAM_CREDENTIAL_REFUSED"), "{}", refused.text());
    assert!(refused.text().contains("sign in again"), "{}", refused.text());
    for word in ["upstream!", "upstream-realm", "on-behalf-of-"] {
        assert!(!refused.text().contains(word), "{}", refused.text());
    }
    assert_eq!(upstream.requests_of("tools/call").len(), before + 2, "once more, with a new one");
    assert_eq!(world.entra.grants(GRANT), got + 1);
    takes.store(true, Ordering::SeqCst);
    assert!(call(&grace).await.text().contains("on-behalf-of-grace"));

    // Scopes of nobody's: Entra gives no token, and the server is not asked.
    let admin = Api::service(&world.program).with_token(&world.entra.access_token("Grace"));
    let wish = json!({ "kind": "on_behalf_of", "scopes": ["api://nobody/.default"] });
    admin.put(&path, &wish).await.expect(200);
    eventually("Entra refuses", async || {
        call(&grace).await.text().contains("UPSTREAM_CREDENTIAL_REFUSED").then_some(())
    })
    .await;
    let before = upstream.requests_of("tools/call").len();
    let refused = call(&grace).await.expect(200);
    assert!(!refused.text().contains("AADSTS"), "{}", refused.text());
    assert_eq!(upstream.requests_of("tools/call").len(), before);
    let none = json!({ "kind": "on_behalf_of", "scopes": [] });
    assert!(admin.put(&path, &none).await.expect(422).text().contains("\"scopes\""));
}
