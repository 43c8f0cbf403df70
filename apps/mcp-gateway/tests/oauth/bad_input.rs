//! Flows that nobody should get through with.

use registry_testkit::Api;
use serde_json::json;

use crate::browser::{Client, REDIRECT, VERIFIER, challenge, hidden, query};
use crate::support::World;

/// The parameters with one changed, or without it.
fn changed<'a>(
    parameters: &[(&'a str, &'a str)],
    name: &'a str,
    value: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut changed: Vec<_> =
        parameters.iter().copied().filter(|(known, _)| *known != name).collect();
    changed.extend(value.map(|value| (name, value)));
    changed
}

#[tokio::test]
async fn a_client_or_address_that_is_not_certain_sends_nobody_anywhere() {
    let world = World::start().await;
    let client = world.client().await;
    let challenge = challenge(VERIFIER);
    let good = client.request(&challenge);
    let nobody = "0b7f".repeat(200);
    let cases = [
        ("client_id", None),
        ("client_id", Some("nobody")),
        ("client_id", Some(nobody.as_str())),
        ("client_id", Some("' OR 1=1 --")),
        ("redirect_uri", Some("https://evil.example/callback")),
        ("redirect_uri", Some("http://127.0.0.1:39999/callback/../x")),
        ("redirect_uri", Some("http://127.0.0.1:39999/callback?x=1")),
        ("redirect_uri", Some("http://127.0.0.1:39999@evil.example/callback")),
        ("redirect_uri", Some("http://localhost:39999/callback")),
        ("redirect_uri", Some("javascript:alert(1)")),
    ];
    for (name, value) in cases {
        let refused = world.browser().authorize(&changed(&good, name, value)).await.expect(400);
        assert_eq!(refused.header("location"), "", "{name} {value:?}");
        assert!(refused.header("content-type").starts_with("text/html"));
        assert!(refused.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
    let twice = [good.clone(), vec![("redirect_uri", "https://evil.example/")]].concat();
    world.browser().authorize(&twice).await.expect(400);
    let port = changed(&good, "redirect_uri", Some("http://127.0.0.1:40000/callback"));
    assert_eq!(world.browser().authorize(&port).await.status, 302, "any port on loopback");
}

#[tokio::test]
async fn a_wish_that_breaks_a_rule_goes_back_to_the_client() {
    let world = World::start().await;
    let client = world.client().await;
    let challenge = challenge(VERIFIER);
    let good = client.request(&challenge);
    let state = "x".repeat(2049);
    let cases = [
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", None, "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("scope", Some("access_as_user root"), "invalid_scope"),
        ("resource", Some("https://evil.example/mcp"), "invalid_target"),
        ("resource", Some("api://something"), "invalid_target"),
        ("state", Some(state.as_str()), "invalid_request"),
    ];
    for (name, value, error) in cases {
        let refused = world.browser().authorize(&changed(&good, name, value)).await.expect(302);
        let location = refused.header("location");
        assert!(location.starts_with(REDIRECT), "{location}");
        let answer = query(location);
        assert_eq!(
            (answer["error"].as_str(), answer["iss"].as_str()),
            (error, world.base().as_str()),
            "{name}"
        );
        assert!(!answer.contains_key("code"));
    }
}

#[tokio::test]
async fn another_browser_finishes_nothing() {
    let world = World::start().await;
    let client = world.client().await;
    let challenge = challenge(VERIFIER);
    let (mut victim, mut attacker) = (world.browser(), world.browser());
    let begun = attacker.authorize(&client.request(&challenge)).await.expect(302);
    let page = begun.header("location").to_owned();
    victim.get(&page).await.expect(403);
    victim.authorize(&client.request(&challenge)).await.expect(302);
    victim.get(&page).await.expect(403);

    let fields = hidden(&attacker.get(&page).await.expect(200).text());
    let form = [
        ("transaction", fields["transaction"].as_str()),
        ("csrf", fields["csrf"].as_str()),
        ("decision", "allow"),
    ];
    victim.post("/consent", &form).await.expect(403);
    let no_csrf = [("transaction", form[0].1), ("csrf", "guessed"), ("decision", "allow")];
    attacker.post("/consent", &no_csrf).await.expect(403);
    attacker.post("/consent", &form[..1]).await.expect(400);
    let torn = [("transaction", "AAAA"), form[1], form[2]];
    attacker.post("/consent", &torn).await.expect(400);

    // The attacker consents, and has the victim sign in: its own browser is missed.
    let entra = attacker.post("/consent", &form).await.expect(303).header("location").to_owned();
    let callback = victim.get(&entra).await.expect(302).header("location").to_owned();
    victim.get(&callback).await.expect(403);
    Api::new(world.base()).get(callback.strip_prefix(&world.base()).unwrap()).await.expect(403);
    let answered = attacker.get(&callback).await.expect(302);
    assert!(query(answered.header("location")).contains_key("code"), "nor did it end the flow");
}

#[tokio::test]
async fn a_state_is_good_once_and_a_made_up_one_never() {
    let world = World::start().await;
    let (client, mut browser) = (world.client().await, world.browser());
    let challenge = challenge(VERIFIER);
    let page = browser.authorize(&client.request(&challenge)).await.header("location").to_owned();
    let entra = browser.consent(&page, "allow").await.header("location").to_owned();
    let callback = browser.get(&entra).await.header("location").to_owned();
    browser.get(&callback).await.expect(302);
    browser.get(&callback).await.expect(400);
    let base = world.base();
    for query in ["code=x&state=guessed", "code=x", "state=", "code=x&state=a&state=b", ""] {
        browser.get(&format!("{base}/auth/callback?{query}")).await.expect(400);
    }
}

#[tokio::test]
async fn a_code_is_its_clients_with_its_verifier_and_once() {
    let world = World::start().await;
    let (client, other) = (world.client().await, world.client().await);
    let redeem = async |code: &str, change: (&str, &str)| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client.id.as_str()),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let form = changed(&form, change.0, Some(change.1));
        world.gateway().post_form("/token", &form).await
    };
    let swapped = "another-verifier-that-is-long-enough-to-be-one-0123";
    let resource = format!("{}/mcp", world.base());
    for (change, error) in [
        (("code_verifier", swapped), "invalid_grant"),
        (("code_verifier", "short"), "invalid_grant"),
        (("redirect_uri", "http://127.0.0.1:1/callback"), "invalid_grant"),
        (("client_id", other.id.as_str()), "invalid_grant"),
        (("resource", resource.as_str()), "invalid_target"),
    ] {
        let code = world.browser().code(&client, &[]).await;
        let refused = redeem(&code, change).await.expect(400).json();
        assert_eq!(refused["error"], error, "{change:?}");
        redeem(&code, ("x", "y")).await.expect(400);
    }
    let code = world.browser().code(&client, &[]).await;
    let tokens = redeem(&code, ("x", "y")).await.expect(200).json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.opens(access).await, 200);
    let replayed = redeem(&code, ("x", "y")).await.expect(400).json();
    assert_eq!(replayed["error"], "invalid_grant");
    assert_eq!(world.opens(access).await, 401, "whoever has the code has it from somewhere");
    client.refresh(&world.gateway(), tokens["refresh_token"].as_str().unwrap()).await.expect(400);
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_with_a_grant_of_ours_alone() {
    let world = World::start().await;
    let client = world.client().await;
    let gateway = world.gateway();
    gateway.post("/token", &json!({"grant_type": "authorization_code"})).await.expect(415);
    gateway.get("/token").await.expect(405);
    let id = client.id.as_str();
    for (form, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "authorization_code")], 400, "invalid_request"),
        (vec![("grant_type", "password"), ("client_id", id)], 400, "unsupported_grant_type"),
        (
            vec![("grant_type", "client_credentials"), ("client_id", id)],
            400,
            "unsupported_grant_type",
        ),
        (vec![("grant_type", "refresh_token"), ("client_id", id)], 400, "invalid_request"),
        (
            vec![("grant_type", "refresh_token"), ("client_id", "nobody"), ("refresh_token", "x")],
            401,
            "invalid_client",
        ),
        (
            vec![("grant_type", "refresh_token"), ("client_id", id), ("refresh_token", "x")],
            400,
            "invalid_grant",
        ),
        (
            vec![
                ("grant_type", "refresh_token"),
                ("client_id", id),
                ("client_secret", "x"),
                ("refresh_token", "x"),
            ],
            401,
            "invalid_client",
        ),
        (vec![("client_id", id), ("client_id", id)], 400, "invalid_request"),
    ] {
        let refused = gateway.post_form("/token", &form).await.expect(status);
        assert_eq!(refused.json()["error"], error, "{form:?}");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_for_no_more_than_was_granted() {
    let world = World::start().await;
    let (client, other) = (world.client().await, world.client().await);
    let tokens = world.browser().tokens(&client, &[]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    other.refresh(&world.gateway(), refresh).await.expect(400);
    let ask = async |more: (&str, &str)| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.id.as_str()),
            ("refresh_token", refresh),
            more,
        ];
        world.gateway().post_form("/token", &form).await
    };
    assert_eq!(
        ask(("scope", "access_as_user openid")).await.expect(400).json()["error"],
        "invalid_scope"
    );
    let narrow = format!("{}/mcp", world.base());
    assert_eq!(ask(("resource", &narrow)).await.expect(400).json()["error"], "invalid_target");
    client.refresh(&world.gateway(), refresh).await.expect(200);
}

#[tokio::test]
async fn no_secret_is_logged_in_a_whole_flow() {
    let world = World::with(&[("LOG_LEVEL", "DEBUG")]).await;
    let (client, mut browser) = (Client::registered(&world.gateway()).await, world.browser());
    let code = browser.code(&client, &[]).await;
    let tokens = client.redeem(&world.gateway(), &code).await.expect(200).json();
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    client.refresh(&world.gateway(), &refresh).await.expect(200);
    client.refresh(&world.gateway(), &refresh).await.expect(400);
    let access = tokens["access_token"].as_str().unwrap();
    world.opens(access).await;
    let logs = world.program.logs().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(logs.contains("used before"), "the reuse is told");
    for secret in
        [code.as_str(), access, &refresh, VERIFIER, registry_testkit::entra::CLIENT_SECRET]
    {
        assert!(!logs.contains(secret), "{secret}");
    }
}
