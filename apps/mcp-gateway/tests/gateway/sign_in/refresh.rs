//! Tokens are refreshed ahead of their end, once for all who ask.

use registry_testkit::eventually;

use super::{Browser, Replicas, SignInWorld};

/// With it all tokens are about to end: an hour before the end of one that is good for an hour.
const ALWAYS: (&str, &str) = ("MREG_FASTMCP_TOKEN_REFRESH_MARGIN_MINUTES", "60");

#[tokio::test]
async fn tokens_that_are_about_to_end_are_refreshed_and_nobody_notices() {
    let world = SignInWorld::start(&[("MREG_FASTMCP_TOKEN_REFRESH_MARGIN_MINUTES", "10")]).await;
    let mut browser = world.browser();
    world.entra.lifetime(300);
    browser.signs_in().await;
    world.entra.lifetime(3600);
    browser.userinfo().await.expect(200);
    assert_eq!(world.entra.grants("refresh_token"), 1);
    browser.userinfo().await.expect(200);
    assert_eq!(world.entra.grants("refresh_token"), 1, "they are good for an hour now");
}

#[tokio::test]
async fn a_refresh_brings_what_changed_about_the_person() {
    let world = SignInWorld::start(&[ALWAYS]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    let ada = registry_testkit::entra::Person::ada();
    let promoted = registry_testkit::entra::Person { roles: vec!["admin".into()], ..ada };
    world.entra.add(promoted);
    let told = browser.userinfo().await.expect(200).json();
    assert_eq!(told["can_see_all"], true, "{told}");
}

#[tokio::test]
async fn whose_refresh_is_refused_has_to_sign_in_again() {
    let world = SignInWorld::start(&[ALWAYS]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    browser.userinfo().await.expect(200);
    world.entra.revoke_sessions();
    browser.userinfo().await.expect(401);
    browser.signs_in().await;
    browser.userinfo().await.expect(200);
}

#[tokio::test]
async fn while_entra_is_down_good_tokens_go_on_and_ended_ones_are_told() {
    let world = SignInWorld::start(&[ALWAYS]).await;
    let mut browser = world.browser();
    browser.signs_in().await;
    world.entra.is_down(true);
    browser.userinfo().await.expect(200);

    world.entra.is_down(false);
    world.entra.lifetime(1);
    browser.signs_in().await;
    world.entra.is_down(true);
    let answer = eventually("the token has ended", async || {
        let answer = browser.with_cookies().get("/oauth/userinfo").await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!(answer.expect(502).json()["error"], "AUTHENTICATION_PROVIDER_ERROR");
    world.entra.is_down(false);
    browser.userinfo().await.expect(200);
}

#[tokio::test]
async fn many_who_ask_two_replicas_at_once_make_one_refresh() {
    let replicas = Replicas::start(&[("MREG_FASTMCP_TOKEN_REFRESH_MARGIN_MINUTES", "10")]).await;
    let mut browser = Browser::at(&replicas.one);
    // Ended at once: whoever asks has to wait for the refresh.
    replicas.entra.lifetime(0);
    browser.signs_in().await;
    replicas.entra.lifetime(3600);
    let clients: Vec<_> = (0..40)
        .map(|number| {
            let program = if number % 2 == 0 { &replicas.one } else { &replicas.other };
            browser.clone().moves_to(program).with_cookies()
        })
        .collect();
    let mut asked = tokio::task::JoinSet::new();
    for client in clients {
        asked.spawn(async move { client.get("/oauth/userinfo").await });
    }
    while let Some(answer) = asked.join_next().await {
        answer.unwrap().expect(200);
    }
    // The stand-in takes a refresh token once: a second use would have ended the session.
    assert_eq!(replicas.entra.grants("refresh_token"), 1);
}
