//! What ends when.

use std::time::Duration;

use registry_domain::ports::{RefusalClass, Verification};

use crate::house::{House, authorize, client, code, consent, query, redeem, refresh, verify};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (in_time, _) = code(&server, &client).await;
    house.clock.advance(Duration::from_secs(59));
    redeem(&server, &client, &in_time).await.unwrap();
    let (late, _) = code(&server, &client).await;
    house.clock.advance(MINUTE);
    assert!(redeem(&server, &client, &late).await.unwrap_err().contains("invalid_grant"));
}

#[tokio::test]
async fn a_person_has_ten_minutes_for_consent_and_ten_to_sign_in() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (page, cookie) = authorize(&server, &client, None).await;
    house.clock.advance(10 * MINUTE);
    assert!(server.consent_page(query(&page), Some(&cookie)).is_err());

    let (page, cookie) = authorize(&server, &client, Some(&cookie)).await;
    house.clock.advance(9 * MINUTE);
    let state = consent(&server, &page, &cookie).await;
    house.clock.advance(10 * MINUTE);
    let late = server.callback(&format!("code=x&{state}"), Some(&cookie)).await;
    assert!(late.unwrap_err().to_string().contains("has ended"));
}

#[tokio::test]
async fn an_access_token_ends_after_ten_minutes_and_a_refresh_token_that_is_used_does_not() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (code, _) = code(&server, &client).await;
    let mut tokens = redeem(&server, &client, &code).await.unwrap();
    house.clock.advance(Duration::from_secs(599));
    assert!(matches!(verify(&server, &tokens).await, Verification::Verified(_)));
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(verify(&server, &tokens).await, Verification::Refused(RefusalClass::Expired));
    for _ in 0..4 {
        house.clock.advance(29 * DAY);
        server.renew_keys().await.unwrap();
        server.sweep().await.unwrap();
        tokens = refresh(&server, &client, &tokens).await.unwrap();
        assert!(matches!(verify(&server, &tokens).await, Verification::Verified(_)));
    }
    house.clock.advance(30 * DAY);
    assert!(refresh(&server, &client, &tokens).await.is_err());
}

#[tokio::test]
async fn a_client_that_nobody_used_is_forgotten_after_a_day() {
    let house = House::new().await;
    let server = house.open().await;
    let (used, unused) = (client(&server).await, client(&server).await);
    let (code, _) = code(&server, &used).await;
    redeem(&server, &used, &code).await.unwrap();
    house.clock.advance(DAY);
    let known = async |client: &str| {
        let query = format!("client_id={client}&redirect_uri=https://app.example/cb");
        server.authorize(&query, None).await.is_ok()
    };
    assert!(known(&used).await);
    assert!(!known(&unused).await);
}

#[tokio::test]
async fn a_consent_is_asked_for_again_after_ninety_days() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (code, cookie) = code(&server, &client).await;
    let mut tokens = redeem(&server, &client, &code).await.unwrap();
    for days in [29, 29, 29] {
        house.clock.advance(days * DAY);
        tokens = refresh(&server, &client, &tokens).await.unwrap();
    }
    let (to, _) = authorize(&server, &client, Some(&cookie)).await;
    assert!(to.starts_with("https://idp.example/"), "{to}");
    house.clock.advance(3 * DAY);
    let (to, _) = authorize(&server, &client, Some(&cookie)).await;
    assert!(to.contains("/consent?"), "{to}");
}
