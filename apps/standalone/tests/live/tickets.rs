//! One-time tickets.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, Socket, ticket};

#[tokio::test]
async fn a_ticket_is_good_once() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let path =
            format!("/ws/registrations?ticket={}", ticket(&base, &registry.user_token).await);
        let mut socket = Socket::open(&base, &path, &[]).await.unwrap();
        assert_eq!(socket.next().await.unwrap()["payload"]["user"]["id"], "ada");
        let again = Socket::open(&base, &path, &[]).await.err();
        assert_eq!(again, Some((401, "INVALID_TOKEN".to_owned())));
    }
}

#[tokio::test]
async fn of_several_who_show_one_ticket_at_once_one_gets_in() {
    let registry = Registry::start().await;
    let base = registry.program.gateway_url();
    let path = format!("/ws/servers?ticket={}", ticket(&base, &registry.user_token).await);
    let open = || Socket::open(&base, &path, &[]);
    let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
    let let_in = [a, b, c, d].iter().filter(|seen| seen.is_ok()).count();
    assert_eq!(let_in, 1);
}

#[tokio::test]
async fn a_ticket_has_256_bits_and_is_made_for_a_good_token_alone() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let one = ticket(&base, &registry.user_token).await;
        let other = ticket(&base, &registry.user_token).await;
        assert_eq!((one.len(), other.len()), (43, 43), "32 bytes in base64");
        assert_ne!(one, other);
        Api::new(&base).post("/ws/ticket", &json!({})).await.expect(401);
        let bad = Api::new(&base).with_token("nonsense");
        bad.post("/ws/ticket", &json!({})).await.expect(401);
        // A page that gets a ticket sends no token with the socket: what it may see is its holder's.
        let admins = ticket(&base, &registry.admin_token).await;
        let mut socket =
            Socket::open(&base, &format!("/ws/health?ticket={admins}"), &[]).await.unwrap();
        assert_eq!(socket.next().await.unwrap()["payload"]["user"]["id"], "root");
    }
}

#[tokio::test]
async fn get_of_the_ticket_address_is_not_taken_for_a_topic() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let answer = Api::new(&base).get("/ws/ticket").await.expect(405);
        assert_eq!(answer.header("allow"), "POST");
    }
}
