//! The whole way of a browser, and of a tool.

use registry_testkit::entra::{CLIENT, CLIENT_SECRET, Person, TENANT, form};
use registry_testkit::{Api, eventually};
use serde_json::json;

use super::{Browser, CALLBACK, Replicas, SignInWorld, authorize_path, parameter, scope};

#[tokio::test]
async fn a_browser_is_sent_to_entra_with_all_that_protects_it() {
    let world = SignInWorld::start(&[]).await;
    let at = world.browser().leaves(Some("/")).await;
    assert_eq!(at.origin().ascii_serialization(), world.entra.authority());
    assert_eq!(at.path(), authorize_path());
    for (name, value) in [
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("code_challenge_method", "S256"),
        ("scope", &scope()),
    ] {
        assert_eq!(parameter(&at, name).as_deref(), Some(value), "{name}");
    }
    let other = world.browser().leaves(Some("/")).await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(parameter(&at, name).unwrap().len(), 43, "{name}");
        assert_ne!(parameter(&at, name), parameter(&other, name), "{name} is used once");
    }
    assert_eq!(parameter(&at, "resource"), None, "Entra refuses what it does not own");
}

#[tokio::test]
async fn a_browser_signs_in_is_known_by_its_cookie_and_signs_out() {
    let world = SignInWorld::start(&[]).await;
    let mut browser = world.browser();
    browser.userinfo().await.expect(401);
    let back = browser.signs_in().await;
    assert_eq!(back.header("cache-control"), "no-store");
    assert!(back.header("location").ends_with('/'));
    assert!(browser.cookie("mcp_session").is_some());
    assert_eq!(browser.cookie("mcp_sign_in"), None, "it has done its part");

    let ada = Person::ada();
    let told = browser.userinfo().await.expect(200).json();
    assert_eq!(told["user_id"], ada.oid);
    assert_eq!(told["tenant_id"], TENANT);
    assert_eq!((&told["email"], &told["name"]), (&json!(ada.email), &json!(ada.name)));
    assert_eq!((&told["authenticated"], &told["can_see_all"]), (&json!(true), &json!(false)));
    assert_eq!(told["roles"], json!([]));
    assert!(told["token_expires_at"].is_string());

    let redeemed = world.entra.requests();
    let redeemed = redeemed.iter().find(|request| request.method == "POST").unwrap();
    let form = form(redeemed);
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["client_secret"], CLIENT_SECRET);
    assert_eq!(form["code_verifier"].len(), 43);

    let cookie = browser.cookie("mcp_session").unwrap().to_owned();
    browser.post("/oauth/logout", &[("sec-fetch-site", "same-origin")]).await.expect(204);
    assert_eq!(browser.cookie("mcp_session"), None);
    browser.set_cookie("mcp_session", &cookie);
    browser.userinfo().await.expect(401);
}

#[tokio::test]
async fn a_tool_reads_its_session_from_the_answer() {
    let world = SignInWorld::start(&[]).await;
    world.entra.signs_in("Grace");
    let mut browser = world.browser();
    let at = browser.leaves(None).await;
    let back = browser.through(&at).await;
    let told = browser.get(&back).await.expect(200).json();
    assert_eq!(told["status"], "success");
    assert_eq!(told["user"]["roles"], json!(["admin"]));
    assert_eq!(told["user"]["can_see_all"], true);
    assert!(told["expires_at"].is_string());
    assert_eq!(browser.cookie("mcp_session"), None, "a cookie is for browsers");
    browser.set_cookie("mcp_session", told["session_id"].as_str().unwrap());
    browser.userinfo().await.expect(200);
}

#[tokio::test]
async fn a_session_calls_mcp_and_the_api_as_its_person() {
    let world = SignInWorld::start(&[]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    let cookie = format!("mcp_session={}", browser.cookie("mcp_session").unwrap());
    let gateway = Api::gateway(&world.program).with_header("cookie", &cookie);
    gateway.mcp("/mcp", "tools/list", json!({})).await.expect(200);
    let service = Api::service(&world.program).with_header("cookie", &cookie);
    let me = service.get("/users/me").await.expect(200).json();
    assert_eq!(me["email"], "ada@example.com");
    let both = service.with_token("not a token");
    both.get("/users/me").await.expect(401);
}

#[tokio::test]
async fn a_session_ends_when_its_time_has_come() {
    let world = SignInWorld::start(&[("MREG_FASTMCP_SESSION_EXPIRE_SECONDS", "2")]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    eventually("the session has ended", async || {
        (browser.with_cookies().get("/oauth/userinfo").await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn over_https_cookies_are_kept_to_this_host() {
    let settings = [("MREG_FASTMCP_BASE_URL", "https://mcp.example.com")];
    let world = SignInWorld::start(&settings).await;
    let mut browser = world.browser();
    let left = browser.get("/oauth/login?return_to=/x").await.expect(302);
    let cookie = left.header("set-cookie");
    assert!(cookie.starts_with("__Host-mcp_sign_in="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let back = browser.through(&super::location(&left)).await;
    let back = browser.get(&back).await.expect(302);
    assert_eq!(back.header("location"), "https://mcp.example.com/x");
    assert!(browser.cookie("__Host-mcp_session").is_some());
    browser.userinfo().await.expect(200);
}

#[tokio::test]
async fn without_an_identity_provider_nobody_signs_in() {
    let world = crate::support::World::start().await;
    let api = Api::gateway(&world.program);
    for path in ["/oauth/login", "/oauth/callback?state=x&code=y"] {
        let refused = api.get(path).await.expect(503);
        assert_eq!(refused.json()["error"], "AUTH_NOT_CONFIGURED");
        assert!(!refused.header("retry-after").is_empty());
    }
    let told = api.with_token(&world.user).get("/oauth/userinfo").await.expect(200).json();
    assert_eq!((&told["user_id"], &told["tenant_id"]), (&json!("ada"), &json!("contoso")));
}

#[tokio::test]
async fn two_replicas_share_a_sign_in() {
    let replicas = Replicas::start(&[]).await;
    let mut browser = Browser::at(&replicas.one);
    let at = browser.leaves(Some("/")).await;
    let back = browser.through(&at).await;
    let mut browser = browser.moves_to(&replicas.other);
    browser.get(&back).await.expect(302);
    browser.userinfo().await.expect(200);
    let mut elsewhere = browser.clone().moves_to(&replicas.one);
    elsewhere.userinfo().await.expect(200);
    elsewhere.post("/oauth/logout", &[]).await.expect(204);
    browser.userinfo().await.expect(401);
}
