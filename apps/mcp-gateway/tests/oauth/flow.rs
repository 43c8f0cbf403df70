//! A flow from its beginning to a call, its renewal, and its end.

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use serde_json::json;

use crate::browser::{Client, REDIRECT, VERIFIER, challenge, query};
use crate::support::{World, claims};

#[tokio::test]
async fn a_person_consents_signs_in_and_the_client_calls_for_them() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    world.list("files", &upstream.url()).await;
    let (client, mut browser) = (world.client().await, world.browser());
    let challenge = challenge(VERIFIER);
    let mut parameters = client.request(&challenge);
    let resource = format!("{}/mcp", world.base());
    parameters
        .extend([("resource", resource.as_str()), ("scope", "access_as_user offline_access")]);

    let begun = browser.authorize(&parameters).await.expect(302);
    let cookie = begun.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let page = browser.get(begun.header("location")).await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    let text = page.text();
    assert!(text.contains("A &lt;b&gt;client&lt;/b&gt;"), "{text}");
    assert!(text.contains("127.0.0.1") && text.contains("access_as_user"), "{text}");
    assert!(text.contains("program on this machine"), "{text}");

    let sent = browser.consent(begun.header("location"), "allow").await.expect(303);
    let entra = query(sent.header("location"));
    assert!(sent.header("location").starts_with(&world.entra.authority()));
    assert_eq!(entra["redirect_uri"], format!("{}/auth/callback", world.base()));
    assert!(entra["scope"].contains("api://") && entra["scope"].contains("/access_as_user"));
    assert!(!entra.contains_key("resource"), "Entra would refuse it");
    assert_ne!(entra["code_challenge"], challenge, "our own PKCE");
    assert_ne!(entra["state"], "the client's state");
    assert!(entra.contains_key("nonce"));

    let back = browser.sign_in(sent.header("location")).await;
    assert!(back.starts_with(REDIRECT), "{back}");
    let answer = query(&back);
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("the client's state", world.base().as_str())
    );

    let tokens = client.redeem(&world.gateway(), &answer["code"]).await.expect(200);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["scope"]),
        (&json!("Bearer"), &json!("access_as_user offline_access"))
    );
    let token = tokens["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!((&said["iss"], &said["aud"]), (&json!(world.base()), &json!(resource)));
    assert_eq!(said["oid"], registry_testkit::entra::Person::ada().oid);
    assert_eq!(said["tid"], registry_testkit::entra::TENANT);

    let list =
        world.gateway().with_token(token).mcp("/mcp", "tools/list", json!({})).await.expect(200);
    assert!(list.text().contains("files__"), "{}", list.text());
    assert_eq!(world.entra.grants("authorization_code"), 1);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_second_use_ends_everything() {
    let world = World::start().await;
    let client = world.client().await;
    let first = world.browser().tokens(&client, &[]).await;
    let first_refresh = first["refresh_token"].as_str().unwrap();
    let second = client.refresh(&world.gateway(), first_refresh).await.expect(200).json();
    assert_eq!(world.entra.grants("refresh_token"), 1, "Entra is asked whether they still may");
    let second_refresh = second["refresh_token"].as_str().unwrap();
    assert_ne!(first_refresh, second_refresh);
    let (old, new) =
        (first["access_token"].as_str().unwrap(), second["access_token"].as_str().unwrap());
    assert_eq!((world.opens(old).await, world.opens(new).await), (200, 200));

    let reused = client.refresh(&world.gateway(), first_refresh).await.expect(400).json();
    assert_eq!(reused["error"], "invalid_grant");
    assert_eq!((world.opens(old).await, world.opens(new).await), (401, 401));
    client.refresh(&world.gateway(), second_refresh).await.expect(400);
    assert_eq!(world.entra.grants("refresh_token"), 1);
}

#[tokio::test]
async fn a_consent_is_remembered_for_that_person_that_client_and_those_scopes() {
    let world = World::start().await;
    let on_the_web = async || Client::registered_at(&world.gateway(), "https://a.example/cb").await;
    let (client, mut browser) = (on_the_web().await, world.browser());
    browser.tokens(&client, &[]).await;
    let challenge = challenge(VERIFIER);
    let again = browser.authorize(&client.request(&challenge)).await.expect(302);
    let entra = again.header("location").to_owned();
    assert!(entra.starts_with(&world.entra.authority()), "nobody is asked twice: {entra}");
    assert!(query(&browser.sign_in(&entra).await).contains_key("code"));

    let consents = |location: &str| location.starts_with(&format!("{}/consent?", world.base()));
    let mut more = client.request(&challenge);
    more.push(("scope", "access_as_user openid"));
    assert!(consents(browser.authorize(&more).await.header("location")), "other scopes");
    let other = on_the_web().await;
    assert!(consents(browser.authorize(&other.request(&challenge)).await.header("location")));

    world.entra.signs_in("Grace");
    let skipped = browser.authorize(&client.request(&challenge)).await.expect(302);
    let back = browser.sign_in(skipped.header("location")).await;
    assert!(consents(&back), "somebody else signed in, and is asked: {back}");
    let entra = browser.consent(&back, "allow").await.expect(303).header("location").to_owned();
    let code = query(&browser.sign_in(&entra).await).remove("code").unwrap();
    let tokens = client.redeem(&world.gateway(), &code).await.expect(200).json();
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["roles"], json!(["admin"]));
}

#[tokio::test]
async fn a_program_with_a_scheme_of_its_own_gets_its_answer_there_and_is_consented_to_each_time() {
    let world = World::start().await;
    let redirect = "cursor://anysphere.cursor-mcp/oauth/callback";
    let own = Client::registered_at(&world.gateway(), redirect).await;
    let listening = world.client().await;
    let mut browser = world.browser();
    for client in [&own, &own, &listening, &listening] {
        let challenge = challenge(VERIFIER);
        // Fails where nobody is asked.
        let back = browser.allow(&client.request(&challenge)).await;
        assert!(back.starts_with(&format!("{}?code=", client.redirect)), "{back}");
        let code = query(&back).remove("code").unwrap();
        let tokens = client.redeem(&world.gateway(), &code).await.expect(200).json();
        assert_eq!(world.opens(tokens["access_token"].as_str().unwrap()).await, 200);
    }
    let challenge = challenge(VERIFIER);
    let page = browser.authorize(&own.request(&challenge)).await.header("location").to_owned();
    let page = browser.get(&page).await.expect(200).text();
    assert!(page.contains("<dd>cursor:</dd>") && page.contains("on this machine"), "{page}");
}

#[tokio::test]
async fn who_says_no_sends_the_client_away_with_that() {
    let world = World::start().await;
    let (client, mut browser) = (world.client().await, world.browser());
    let challenge = challenge(VERIFIER);
    let page = browser.authorize(&client.request(&challenge)).await.header("location").to_owned();
    let back = browser.consent(&page, "deny").await.expect(303).header("location").to_owned();
    let answer = query(&back);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("the client's state", world.base().as_str())
    );

    world.entra.declines(true);
    let back = query(&world.browser().allow(&client.request(&challenge)).await);
    assert_eq!(back["error"], "access_denied");
    world.entra.declines(false);
    world.entra.twists(json!({"nonce": "another"}));
    let back = query(&world.browser().allow(&client.request(&challenge)).await);
    assert_eq!(back["error"], "server_error", "an ID token of another sign-in proves nobody");
}

#[tokio::test]
async fn while_entra_is_away_a_refresh_token_stays_good() {
    let world = World::start().await;
    let client = world.client().await;
    let tokens = world.browser().tokens(&client, &[]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    world.entra.is_down(true);
    let refused = client.refresh(&world.gateway(), refresh).await.expect(503).json();
    assert_eq!(refused["error"], "temporarily_unavailable");
    world.entra.is_down(false);
    let next = client.refresh(&world.gateway(), refresh).await.expect(200).json();

    world.entra.revoke_sessions();
    let refresh = next["refresh_token"].as_str().unwrap();
    let refused = client.refresh(&world.gateway(), refresh).await.expect(400).json();
    assert_eq!(refused["error"], "invalid_grant");
    assert_eq!(
        world.opens(next["access_token"].as_str().unwrap()).await,
        401,
        "and so do its tokens"
    );
}
