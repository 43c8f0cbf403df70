//! Tokens: for whom, for what, until when; and what of them goes to upstreams.

use registry_testkit::upstreams::{RmcpOptions, RmcpServer, Scripted, answer_handshake};
use registry_testkit::{Api, eventually};
use serde_json::{Value, json};

use crate::support::{World, claims};

fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap()
}

#[tokio::test]
async fn a_token_for_the_root_opens_all_and_a_narrow_one_its_own_endpoint() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    world.list("files", &upstream.url()).await;
    let client = world.client().await;
    let open = async |token: &str, path: &str| {
        let api = world.gateway().with_token(token);
        api.mcp(path, "tools/list", json!({})).await
    };
    let root = world.browser().tokens(&client, &[]).await;
    assert_eq!(claims(access(&root))["aud"], world.base());
    for path in ["/mcp", "/servers/files/mcp"] {
        open(access(&root), path).await.expect(200);
    }
    let narrow = format!("{}/servers/files/mcp", world.base());
    let narrow = world.browser().tokens(&client, &[("resource", &narrow)]).await;
    open(access(&narrow), "/servers/files/mcp").await.expect(200);
    for elsewhere in ["/mcp", "/servers/other/mcp"] {
        let refused = open(access(&narrow), elsewhere).await.expect(401);
        assert!(refused.header("www-authenticate").contains(r#"error="invalid_token""#));
    }
    // The REST API is another resource: it takes the identity provider's tokens alone.
    Api::service(&world.program).with_token(access(&root)).get("/users/me").await.expect(401);
}

#[tokio::test]
async fn a_token_that_was_granted_too_little_is_told_all_that_it_takes() {
    let world = World::start().await;
    let client = world.client().await;
    let little = world.browser().tokens(&client, &[("scope", "openid")]).await;
    let api = world.gateway().with_token(access(&little));
    let refused = api.mcp("/mcp", "tools/list", json!({})).await.expect(403);
    let challenge = refused.header("www-authenticate");
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
    assert!(challenge.contains(r#"scope="access_as_user""#), "{challenge}");
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    assert_eq!(refused.json()["error"]["code"], -33010);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_and_the_rest_of_its_grant_is_not() {
    let world = World::start().await;
    let (client, other) = (world.client().await, world.client().await);
    let tokens = world.browser().tokens(&client, &[]).await;
    let revoke = async |id: &str, token: &str| {
        let form = [("client_id", id), ("token", token), ("token_type_hint", "whatever")];
        world.gateway().post_form("/revoke", &form).await
    };
    revoke(&other.id, access(&tokens)).await.expect(200);
    revoke(&client.id, "no token at all").await.expect(200);
    assert_eq!(world.opens(access(&tokens)).await, 200, "it is not theirs");
    revoke("nobody", access(&tokens)).await.expect(401);

    revoke(&client.id, access(&tokens)).await.expect(200);
    assert_eq!(world.opens(access(&tokens)).await, 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let next = client.refresh(&world.gateway(), refresh).await.expect(200).json();
    assert_eq!(world.opens(access(&next)).await, 200);
    let refresh = next["refresh_token"].as_str().unwrap();
    revoke(&other.id, refresh).await.expect(200);
    assert_eq!(world.opens(access(&next)).await, 200);
    revoke(&client.id, refresh).await.expect(200);
    assert_eq!(world.opens(access(&next)).await, 401, "the grant is over");
    client.refresh(&world.gateway(), refresh).await.expect(400);
}

#[tokio::test]
async fn a_token_ends_and_the_next_one_begins() {
    let world = World::with(&[("MREG_OAUTH_ACCESS_TOKEN_SECONDS", "10")]).await;
    let client = world.client().await;
    let tokens = world.browser().tokens(&client, &[]).await;
    assert_eq!(tokens["expires_in"], 10);
    eventually("the token has ended", async || {
        (world.opens(access(&tokens)).await == 401).then_some(())
    })
    .await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let next = client.refresh(&world.gateway(), refresh).await.expect(200).json();
    assert_eq!(world.opens(access(&next)).await, 200);
}

#[tokio::test]
async fn tokens_that_somebody_changed_or_made_are_refused() {
    let world = World::start().await;
    let other = World::start().await;
    let client = world.client().await;
    let tokens = world.browser().tokens(&client, &[]).await;
    let good = access(&tokens);
    let foreign = other.browser().tokens(&other.client().await, &[]).await;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let encoded = |json: Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
    };
    let mut richer = claims(good);
    richer["roles"] = json!(["admin"]);
    let none = encoded(json!({"alg": "none", "typ": "at+jwt"}));
    let hmac = encoded(json!({"alg": "HS256", "typ": "at+jwt", "kid": "x"}));
    let hostile = r#"{"alg":"ES256","typ":"at+jwt","kid":"../../etc/passwd"}"#;
    let jwk = r#"{"alg":"ES256","typ":"at+jwt","kid":"x","jwk":{}}"#;
    let raw = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    for bad in [
        format!("{header}.{}.{signature}", encoded(richer)),
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        format!("{hmac}.{payload}.{signature}"),
        format!("{}.{payload}.{signature}", raw(hostile)),
        format!("{}.{payload}.{signature}", raw(jwk)),
        head.to_owned(),
        format!("{head}."),
        format!("{good}{}", "A".repeat(20_000)),
        access(&foreign).to_owned(),
        tokens["refresh_token"].as_str().unwrap().to_owned(),
    ] {
        let status = world.opens(&bad).await;
        assert!(matches!(status, 400 | 401 | 431), "{status}: {bad}");
    }
    let query = world.gateway().post(&format!("/mcp?access_token={good}"), &json!({})).await;
    query.expect(401);
    assert_eq!(world.opens(good).await, 200);
}

#[tokio::test]
async fn tokens_of_entra_itself_are_as_good_as_ours() {
    let world = World::start().await;
    assert_eq!(world.opens(&world.entra.access_token("Ada")).await, 200);
    world.entra.token_version(1);
    assert_eq!(world.opens(&world.entra.access_token("Ada")).await, 200);
    world.entra.twists(json!({"aud": "somebody else"}));
    assert_eq!(world.opens(&world.entra.access_token("Ada")).await, 401);
}

#[tokio::test]
async fn nothing_that_proves_a_person_reaches_an_upstream() {
    let world = World::start().await;
    let upstream = Scripted::start(|request| answer_handshake(request).unwrap());
    world.list("recorder", &upstream.url()).await;
    let client = world.client().await;
    let tokens = world.browser().tokens(&client, &[]).await;
    let api = world
        .gateway()
        .with_token(access(&tokens))
        .with_header("cookie", "mcp-oauth=secret-cookie")
        .with_header("x-forwarded-user", "ada")
        .with_header("proxy-authorization", "Basic secret-proxy");
    let before = upstream.requests().len();
    api.mcp("/servers/recorder/mcp", "tools/call", json!({"name": "echo", "arguments": {}})).await;
    eventually("the upstream was called", async || {
        (upstream.requests().len() > before).then_some(())
    })
    .await;
    for request in upstream.requests() {
        for header in ["authorization", "cookie", "x-forwarded-user", "proxy-authorization"] {
            assert_eq!(request.header(header), "", "{header}");
        }
        let body = String::from_utf8_lossy(&request.body);
        assert!(!body.contains(access(&tokens)) && !body.contains("secret-"));
    }
}
