//! When the issuer is asked for its keys, and what happens while it does not answer.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use registry_domain::ports::RefusalClass;
use registry_entra::{FetchError, HttpJwks, JwksAddress, JwksSettings};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::support::{Answer, Entra, MockClock, TENANT, TRUSTED, TestKey};

const UNKNOWN: Answer = Answer::Refused(RefusalClass::UnknownKey);
const MINUTE: Duration = Duration::from_mins(1);
const ALMOST_A_DAY: Duration = Duration::from_mins(24 * 60 - 1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_thousand_verifications_are_one_fetch() {
    let entra = Entra::start().await;
    let tokens: Vec<_> = (0..1000).map(|jti| entra.token(jti % 100)).collect();
    let answers = join_all(tokens.iter().map(|token| entra.verify(token))).await;
    assert!(answers.iter().all(|answer| *answer == Answer::Good));
    assert_eq!(entra.host.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_one_refetch() {
    let entra = Entra::start().await;
    assert_eq!(entra.verify(&entra.token(1)).await, Answer::Good);
    let new = TestKey::new("new");
    entra.host.publish_keys(&[TRUSTED.jwk(), new.jwk()]);
    for jti in 0..10 {
        let token = new.token(&entra.claims(&json!({ "jti": jti })));
        assert_eq!(entra.verify(&token).await, Answer::Good);
    }
    assert_eq!(entra.host.fetches(), 2);
}

#[tokio::test]
async fn unknown_keys_are_one_refetch_per_minute_however_many_there_are() {
    let entra = Entra::start().await;
    assert_eq!(entra.verify(&entra.token(1)).await, Answer::Good);
    let stranger = TestKey::new("stranger");
    let tokens: Vec<_> =
        (0..50).map(|jti| stranger.token(&entra.claims(&json!({ "jti": jti })))).collect();
    for fetches in [2, 3] {
        let answers = join_all(tokens.iter().map(|token| entra.verify(token))).await;
        assert!(answers.iter().all(|answer| *answer == UNKNOWN));
        assert_eq!(entra.host.fetches(), fetches);
        entra.clock.pass(Duration::from_micros(59_999_999));
        assert_eq!(entra.verify(&tokens[0]).await, UNKNOWN);
        assert_eq!(entra.host.fetches(), fetches);
        entra.clock.pass(Duration::from_micros(1));
    }
}

#[tokio::test]
async fn keys_are_good_for_a_day() {
    let entra = Entra::start().await;
    let token = TRUSTED.token(&entra.claims(&json!({"exp": 4_000_000_000_i64})));
    for (wait, fetches) in [(Duration::ZERO, 1), (ALMOST_A_DAY, 1), (MINUTE, 2), (MINUTE, 2)] {
        entra.clock.pass(wait);
        assert_eq!(entra.verify(&token).await, Answer::Good);
        assert_eq!(entra.host.fetches(), fetches);
    }
}

#[tokio::test]
async fn a_key_that_was_withdrawn_ends_its_cached_tokens() {
    let entra = Entra::start().await;
    let token = entra.token(1);
    assert_eq!(entra.verify(&token).await, Answer::Good);
    let new = TestKey::new("new");
    entra.host.publish_keys(&[new.jwk()]);
    assert_eq!(entra.verify(&new.token(&entra.claims(&json!({})))).await, Answer::Good);
    assert_eq!(entra.verify(&token).await, UNKNOWN);
}

#[tokio::test]
async fn a_key_replaced_under_its_name_ends_its_cached_tokens() {
    let entra = Entra::start().await;
    let token = entra.token(1);
    assert_eq!(entra.verify(&token).await, Answer::Good);
    let namesake = TestKey { kid: TRUSTED.kid, ..TestKey::new("") };
    let new = TestKey::new("new");
    entra.host.publish_keys(&[namesake.jwk(), new.jwk()]);
    assert_eq!(entra.verify(&new.token(&entra.claims(&json!({})))).await, Answer::Good);
    assert_eq!(entra.verify(&token).await, Answer::Refused(RefusalClass::BadSignature));
}

#[tokio::test]
async fn while_the_host_is_down_known_keys_verify_and_others_cannot_be_judged() {
    let entra = Entra::start().await;
    assert_eq!(entra.verify(&entra.token(1)).await, Answer::Good);
    entra.host.go_down();
    let stranger = TestKey::new("stranger").token(&entra.claims(&json!({})));
    assert_eq!(entra.verify(&entra.token(2)).await, Answer::Good);
    assert_eq!(entra.verify(&stranger).await, Answer::KeysUnavailable);
    let long = |jti| json!({"jti": jti, "exp": 4_000_000_000_i64});
    for day in 0..3 {
        entra.clock.pass(DAY);
        assert_eq!(entra.verify_claims(&long(day)).await, Answer::Good);
    }
    let answer = entra.verify(&stranger).await;
    assert_eq!(answer, Answer::KeysUnavailable, "after the fetch that is under way");
    entra.host.come_up();
    entra.clock.pass(MINUTE);
    let unknown = entra.verify(&TestKey::new("x").token(&entra.claims(&json!({})))).await;
    assert_eq!(unknown, UNKNOWN, "the host has answered again");
}

#[tokio::test]
async fn without_any_key_nothing_can_be_judged_until_the_host_is_up() {
    let entra = Entra::start().await;
    entra.host.go_down();
    let token = entra.token(1);
    for _ in 0..3 {
        assert_eq!(entra.verify(&token).await, Answer::KeysUnavailable);
    }
    entra.host.come_up();
    assert_eq!(entra.verify(&token).await, Answer::KeysUnavailable, "it is not asked all the time");
    entra.clock.pass(Duration::from_secs(5));
    assert_eq!(entra.verify(&token).await, Answer::Good);
}

#[tokio::test]
async fn a_host_that_refuses_connections_or_falls_silent_is_down() {
    let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let address = JwksAddress::Keys(format!("http://{refusing}/keys").parse().unwrap());
    let entra = Entra::start_with(|_| (), |keys| keys.address = address).await;
    assert_eq!(entra.verify(&entra.token(1)).await, Answer::KeysUnavailable);

    let soon = Duration::from_millis(50);
    let entra = Entra::start_with(|_| (), |keys| keys.timeout = soon).await;
    entra.host.fall_silent();
    assert_eq!(entra.verify(&entra.token(1)).await, Answer::KeysUnavailable);
}

#[tokio::test]
async fn documents_that_are_not_what_they_should_be_are_not_believed() {
    let discovery = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
    let padding = " ".repeat(1024 * 1024);
    let too_large = json!({"keys": [TRUSTED.jwk()], "padding": padding}).to_string();
    let insecure = json!({"jwks_uri": "http://example.com/keys"}).to_string();
    for (path, document) in [
        ("/keys", "not json"),
        ("/keys", "{}"),
        ("/keys", r#"{"keys":[]}"#),
        ("/keys", r#"{"keys":[{"kty":"EC","kid":"trusted"}]}"#),
        ("/keys", &too_large),
        (&discovery, "{}"),
        (&discovery, &insecure),
    ] {
        let entra = Entra::start().await;
        entra.host.publish(path, document);
        let answer = entra.verify(&entra.token(1)).await;
        assert_eq!(answer, Answer::KeysUnavailable, "{path} {document:.40}");
    }
}

#[tokio::test]
async fn a_request_that_is_dropped_does_not_stop_the_fetch_that_it_began() {
    let entra = Entra::start().await;
    let token = entra.token(1);
    assert_eq!(entra.verify(&token).now_or_never(), None, "it waits for the host");
    assert_eq!(entra.verify(&token).await, Answer::Good);
    assert_eq!(entra.host.fetches(), 1);
}

#[tokio::test]
async fn keys_can_be_fetched_without_discovery_but_not_over_the_open_network() {
    let entra = Entra::start().await;
    let address = JwksAddress::Keys(entra.host.keys_url());
    let direct = Entra::start_with(|_| (), |keys| keys.address = address).await;
    assert_eq!(direct.verify(&direct.token(1)).await, Answer::Good);
    assert_eq!((entra.host.fetches(), direct.host.fetches()), (1, 0));

    let open = JwksSettings::entra("http://login.example.com", TENANT).unwrap();
    let refused = HttpJwks::new(open, MockClock::new(), Handle::current());
    assert!(matches!(refused, Err(FetchError::InsecureUrl(_))));
}
