//! Which consents are good for the next time.

use crate::house::{House, authorize, client, client_at, code, query, redeem};

#[tokio::test]
async fn a_person_is_asked_each_time_where_another_program_may_answer_to_a_clients_name() {
    let house = House::new().await;
    let server = house.open().await;
    for (redirect, shown) in [
        ("http://127.0.0.1:1/cb", "127.0.0.1"),
        ("http://localhost/cb", "localhost"),
        ("https://localhost/cb", "localhost"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"),
    ] {
        let client = client_at(&server, redirect).await;
        let (first, cookie) = code(&server, &client).await;
        assert!(redeem(&server, &client, &first).await.is_ok(), "{redirect}");
        let (to, cookie) = authorize(&server, &client, Some(&cookie)).await;
        assert!(to.contains("/consent?"), "{redirect}: {to}");
        let page = server.consent_page(query(&to), Some(&cookie)).unwrap();
        assert!(page.is_local, "{redirect}");
        assert_eq!(page.redirect_host, shown);
    }
}

#[tokio::test]
async fn what_goes_to_a_host_of_the_web_is_asked_once() {
    let house = House::new().await;
    let server = house.open().await;
    let client = client(&server).await;
    let (page, cookie) = authorize(&server, &client, None).await;
    assert!(!server.consent_page(query(&page), Some(&cookie)).unwrap().is_local);
    let (_, cookie) = code(&server, &client).await;
    let (to, _) = authorize(&server, &client, Some(&cookie)).await;
    assert!(to.starts_with("https://idp.example/"), "{to}");
}
