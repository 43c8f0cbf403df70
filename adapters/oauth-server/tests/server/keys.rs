//! The signing keys.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use registry_domain::oauth::Denial;
use registry_domain::ports::{Clock as _, OAuthStore as _, RefusalClass, Verification};
use registry_oauth_server::{OAuthPorts, OAuthServer, OAuthSettings};
use serde_json::Value;

use crate::house::{BASE, House, client, code, redeem, sealer, verify};

const DAY: Duration = Duration::from_hours(24);

fn published(server: &OAuthServer) -> BTreeSet<String> {
    let keys = server.jwks()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(tokens: &Value) -> String {
    use base64::Engine as _;
    let header = tokens["access_token"].as_str().unwrap().split('.').next().unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    serde_json::from_slice::<Value>(&json).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn there_are_always_two_keys_and_each_is_published_before_it_signs() {
    let house = House::new().await;
    let server = house.open().await;
    let mut seen_signing = BTreeSet::new();
    let mut known = published(&server);
    for _ in 0..100 {
        assert!(known.len() >= 2, "{known:?}");
        let client = client(&server).await;
        let tokens = redeem(&server, &client, &code(&server, &client).await.0).await.unwrap();
        assert!(known.contains(&kid(&tokens)), "whoever kept the document can verify the token");
        assert!(matches!(verify(&server, &tokens).await, Verification::Verified(_)));
        seen_signing.insert(kid(&tokens));
        house.clock.advance(Duration::from_mins(9));
        assert!(matches!(verify(&server, &tokens).await, Verification::Verified(_)));
        known = published(&server);
        house.clock.advance(DAY);
        server.renew_keys().await.unwrap();
        server.sweep().await.unwrap();
    }
    assert!((3..=5).contains(&seen_signing.len()), "{} in 100 days", seen_signing.len());
    assert!(published(&server).len() <= 3, "ended ones are gone");
}

#[tokio::test]
async fn replicas_that_start_at_once_have_the_same_keys() {
    let house = House::new().await;
    let servers = join_all((0..4).map(|_| house.open())).await;
    let keys: BTreeSet<_> = servers.iter().map(|server| published(server)).collect();
    assert_eq!(keys.len(), 1);
    let client = client(&servers[0]).await;
    let tokens = redeem(&servers[1], &client, &code(&servers[2], &client).await.0).await.unwrap();
    assert!(matches!(verify(&servers[3], &tokens).await, Verification::Verified(_)));
}

#[tokio::test]
async fn after_a_long_time_away_and_under_another_sealing_key_there_are_keys_again() {
    let house = House::new().await;
    let before = published(&*house.open().await);
    house.clock.advance(400 * DAY);
    let server = house.open().await;
    assert_eq!(published(&server).len(), 2);
    assert!(published(&server).is_disjoint(&before));

    let ports = OAuthPorts { sealer: sealer(), ..house.ports.clone() };
    let other = OAuthServer::open(OAuthSettings::new(BASE), ports).await.unwrap();
    assert_eq!(published(&other).len(), 2, "what does not open does not count");
    assert!(published(&other).is_disjoint(&published(&server)));
}

#[tokio::test]
async fn what_another_replica_denied_is_denied_here_a_reading_later() {
    let house = House::new().await;
    let (here, there) = (house.open().await, house.open().await);
    let client = client(&here).await;
    let tokens = redeem(&here, &client, &code(&here, &client).await.0).await.unwrap();
    let form = format!("client_id={client}&token={}", tokens["access_token"].as_str().unwrap());
    here.revoke(form.as_bytes(), None).await.unwrap();
    let revoked = Verification::Refused(RefusalClass::Revoked);
    assert_eq!(verify(&here, &tokens).await, revoked);
    assert!(matches!(verify(&there, &tokens).await, Verification::Verified(_)));
    there.renew_denials().await.unwrap();
    assert_eq!(verify(&there, &tokens).await, revoked);
    let restarted = house.open().await;
    assert_eq!(verify(&restarted, &tokens).await, revoked);

    let now = house.clock.now();
    let denied: Vec<Denial> = house.store.denied_since(now - DAY).await.unwrap();
    assert_eq!(denied.len(), 1);
    house.clock.advance(Duration::from_mins(11));
    assert!(
        house.store.denied_since(now - DAY).await.unwrap().is_empty(),
        "it ends with the token"
    );
}
