//! What a browser, or whoever drives one, should not send: each refused with its status, and no
//! secret in any log.

use registry_testkit::Answer;
use registry_testkit::entra::CLIENT_SECRET;
use serde_json::{Value, json};

use super::{Browser, SignInWorld, login_path, parameter};

fn refused(answer: Answer, status: u16, word: &str) {
    let told = answer.expect(status).json();
    assert_eq!(told["error"], word, "{told}");
}

#[tokio::test]
async fn a_state_is_good_once_and_only_if_it_was_given_out() {
    let world = SignInWorld::start(&[]).await;
    let mut browser = world.browser();
    let at = browser.leaves(Some("/")).await;
    let proof = browser.cookie("mcp_sign_in").unwrap().to_owned();
    let back = browser.through(&at).await;
    browser.get(&back).await.expect(302);
    browser.set_cookie("mcp_sign_in", &proof);
    refused(browser.get(&back).await, 400, "INVALID_STATE");
    for state in ["never-given-out", "x%00y", "..%2Fsessions", "'%20OR%201=1"] {
        let path = format!("/oauth/callback?code=x&state={state}");
        let answer = browser.get(&path).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{state}: {}", answer.text());
    }
    refused(browser.get("/oauth/callback?code=x").await, 422, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_sign_in_belongs_to_the_browser_that_began_it() {
    let world = SignInWorld::start(&[]).await;
    let mut attacker = world.browser();
    let at = attacker.leaves(Some("/")).await;
    let back = attacker.through(&at).await;
    let mut victim = world.browser();
    refused(victim.get(&back).await, 400, "INVALID_STATE");
    assert_eq!(victim.cookie("mcp_session"), None);

    let mut victim = world.browser();
    victim.leaves(Some("/")).await;
    let back = { attacker.leaves(Some("/")).await };
    let back = attacker.through(&back).await;
    refused(victim.get(&back).await, 400, "INVALID_STATE");
}

#[tokio::test]
async fn no_browser_is_sent_elsewhere() {
    let world = SignInWorld::start(&[]).await;
    for to in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "https://localhost:8001@evil.example",
        "javascript:alert(1)",
        "\u{9}//evil.example",
    ] {
        let answer = world.browser().api.get(&login_path(Some(to))).await;
        assert_eq!(answer.status, 422, "{to}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["loc"], json!(["query", "return_to"]));
    }
}

#[tokio::test]
async fn who_declines_is_told_so() {
    let world = SignInWorld::start(&[]).await;
    world.entra.declines(true);
    let mut browser = world.browser();
    let at = browser.leaves(Some("/")).await;
    let back = browser.through(&at).await;
    refused(browser.get(&back).await, 401, "SIGN_IN_REFUSED");
    refused(browser.get(&back).await, 400, "INVALID_STATE");
}

#[tokio::test]
async fn a_code_that_is_swapped_or_used_up_gives_nothing() {
    let world = SignInWorld::start(&[]).await;
    let (mut one, mut other) = (world.browser(), world.browser());
    let (at_one, at_other) = (one.leaves(Some("/")).await, other.leaves(Some("/")).await);
    let (back_one, back_other) = (one.through(&at_one).await, other.through(&at_other).await);
    let code = code_of(&back_other);
    // Another's code does not fit the verifier that this browser's state stands for.
    let swapped = back_one.replace(&code_of(&back_one), &code);
    refused(one.get(&swapped).await, 401, "SIGN_IN_REFUSED");
    refused(other.get(&back_other).await, 401, "SIGN_IN_REFUSED");
}

fn code_of(path: &str) -> String {
    let address = url::Url::parse(&format!("http://localhost{path}")).unwrap();
    parameter(&address, "code").unwrap()
}

#[tokio::test]
async fn an_id_token_that_does_not_hold_makes_no_session() {
    let world = SignInWorld::start(&[]).await;
    for twist in [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"aud": "api://22222222-2222-4222-8222-222222222222"}),
        json!({"iss": "https://evil.example/v2.0"}),
        json!({"tid": "99999999-9999-4999-8999-999999999999"}),
        json!({"exp": 1}),
        json!({"nbf": 9_999_999_999_u64}),
        json!({"oid": null, "sub": null}),
    ] {
        world.entra.twists(twist.clone());
        let mut browser = world.browser();
        let at = browser.leaves(Some("/")).await;
        let back = browser.through(&at).await;
        let told = browser.get(&back).await.expect(502).json();
        assert_eq!(told["error"], "AUTHENTICATION_PROVIDER_ERROR", "{twist}");
        assert_eq!(browser.cookie("mcp_session"), None, "{twist}");
    }
    world.entra.twists(Value::Null);
    world.browser().signs_in().await;
}

#[tokio::test]
async fn a_page_of_another_site_does_nothing_in_its_readers_name() {
    let world = SignInWorld::start(&[("CORS_ORIGINS", "https://app.example.com")]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    for theirs in [
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "cross-site"), ("x-nothing", "x")],
        [("origin", "null"), ("x-nothing", "x")],
    ] {
        let answer = browser.post("/oauth/logout", &theirs).await;
        refused(answer, 403, "CROSS_SITE_REQUEST");
    }
    let service = registry_testkit::Api::service(&world.program)
        .with_header("cookie", &format!("mcp_session={}", browser.cookie("mcp_session").unwrap()));
    let body = json!({"name": "x"});
    let crossed = service.clone().with_header("sec-fetch-site", "cross-site");
    refused(crossed.post("/registrations", &body).await, 403, "CROSS_SITE_REQUEST");
    let ours = service.with_header("origin", "https://app.example.com");
    assert_eq!(ours.post("/registrations", &body).await.status, 422, "it was read");
    browser.userinfo().await.expect(200);
}

#[tokio::test]
async fn no_cookie_but_one_of_ours_is_a_session() {
    let world = SignInWorld::start(&[]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    let good = browser.cookie("mcp_session").unwrap().to_owned();
    let twice = format!("{good}; mcp_session={good}");
    let ada = registry_testkit::entra::Person::ada().oid;
    for bad in
        ["x", &"x".repeat(3000), &format!("token:{ada}"), &format!("{good}x"), &twice, "../x"]
    {
        browser.set_cookie("mcp_session", bad);
        browser.with_cookies().get("/oauth/userinfo").await.expect(401);
        browser.with_cookies().post("/oauth/logout", &Value::Null).await.expect(204);
    }
    browser.set_cookie("mcp_session", &good);
    browser.userinfo().await.expect(200);
}

#[tokio::test]
async fn no_secret_of_a_sign_in_is_in_any_log() {
    let world = SignInWorld::start(&[("LOG_LEVEL", "DEBUG")]).await;
    let mut browser: Browser = world.browser();
    let at = browser.leaves(Some("/")).await;
    let back = browser.through(&at).await;
    browser.get(&back).await.expect(302);
    browser.userinfo().await.expect(200);
    let session = browser.cookie("mcp_session").unwrap().to_owned();
    let posted = world.entra.requests();
    let posted = posted.iter().find(|request| request.method == "POST").unwrap();
    let form = registry_testkit::entra::form(posted);
    let metrics = browser.api.get("/metrics").await.text();
    let logs = format!("{:?}{}{metrics}", world.program.logs(), world.program.errors());
    let secrets =
        [CLIENT_SECRET, &session, &form["code"], &form["code_verifier"], "eyJ0eXAi", "0.refresh-"];
    for secret in secrets {
        assert!(!logs.contains(secret), "{secret} is in {logs}");
    }
}
