//! Copies of what is good once, in somebody else's hands.

use registry_domain::ports::{RefusalClass, Verification};

use crate::house::{House, authorize, client, code, consent, redeem, refresh, verify};

const REVOKED: Verification = Verification::Refused(RefusalClass::Revoked);

#[tokio::test]
async fn a_code_that_is_shown_twice_ends_what_the_first_one_got() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (code, _) = code(&server, &client).await;
    let tokens = redeem(&server, &client, &code).await.unwrap();
    assert!(matches!(verify(&server, &tokens).await, Verification::Verified(_)));
    assert!(redeem(&server, &client, &code).await.unwrap_err().contains("invalid_grant"));
    assert_eq!(verify(&server, &tokens).await, REVOKED);
    assert!(refresh(&server, &client, &tokens).await.is_err());
}

#[tokio::test]
async fn a_refresh_token_that_is_shown_twice_ends_all_that_came_of_it() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let first = redeem(&server, &client, &code(&server, &client).await.0).await.unwrap();
    let second = refresh(&server, &client, &first).await.unwrap();
    assert!(refresh(&server, &client, &first).await.unwrap_err().contains("invalid_grant"));
    for tokens in [&first, &second] {
        assert_eq!(verify(&server, tokens).await, REVOKED);
    }
    assert!(refresh(&server, &client, &second).await.is_err());
}

#[tokio::test]
async fn a_flow_is_finished_in_the_browser_that_began_it() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (page, cookie) = authorize(&server, &client, None).await;
    let (_, other) = authorize(&server, &client, None).await;
    let state = consent(&server, &page, &cookie).await;
    for another in [Some(other.as_str()), None] {
        let refused = server.callback(&format!("code=x&{state}"), another).await.unwrap_err();
        assert_eq!(refused.code.as_str(), "access_denied");
    }
    server.callback(&format!("code=x&{state}"), Some(&cookie)).await.unwrap();
}
