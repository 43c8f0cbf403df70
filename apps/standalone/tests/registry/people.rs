//! Everybody who signs in has a row, and the token is what it says.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Registry, request, submit_dead, text};

#[tokio::test]
async fn a_row_is_made_once_and_kept() {
    let registry = Registry::start().await;
    let claims = json!({ "subject": "grace", "email": "g@example.com", "name": "Grace" });
    let grace = registry.someone(claims).await;
    let made = grace.send(Method::POST, "/users", None).await.expect(201).json();
    for (member, value) in [
        ("entra_id", json!("grace")),
        ("email", json!("g@example.com")),
        ("display_name", json!("Grace")),
        ("is_admin", json!(false)),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert!(made["created_at"].is_string() && made["updated_at"].is_string());
    assert_eq!(grace.send(Method::POST, "/users", None).await.expect(200).json(), made);
    assert_eq!(grace.get("/users/me").await.expect(200).json(), made);
    let path = format!("/users/{}", text(&made, "user_id"));
    assert_eq!(registry.user.get(&path).await.expect(200).json(), made, "others see it too");
}

#[tokio::test]
async fn a_row_is_there_for_whoever_just_asks() {
    let registry = Registry::start().await;
    let new = registry.someone(json!({ "subject": "new" })).await;
    let me = new.get("/users/me").await.expect(200).json();
    assert_eq!(new.send(Method::POST, "/users", None).await.expect(200).json(), me);
    let newer = registry.someone(json!({ "subject": "newer" })).await;
    let path = submit_dead(&newer, "first").await;
    let me = newer.get("/users/me").await.expect(200).json();
    assert_eq!(newer.get(&path).await.json()["submitter_id"], me["user_id"]);
}

#[tokio::test]
async fn a_body_says_nothing_about_who_somebody_is() {
    let registry = Registry::start().await;
    let eve = registry.someone(json!({ "subject": "eve", "email": "e@example.com" })).await;
    let wish = json!({ "email": "root@example.com", "is_admin": true, "entra_id": "root" });
    let made = eve.post("/users", &wish).await.expect(201).json();
    assert_eq!((&made["email"], &made["is_admin"]), (&json!("e@example.com"), &json!(false)));
    assert_eq!(made["entra_id"], "eve");
    let garbage = request(Method::POST, &[("content-type", "text/plain")], Bytes::from("{"));
    eve.request("/users", garbage).await.expect(200);
}

#[tokio::test]
async fn a_newer_token_brings_the_row_up_to_date() {
    let registry = Registry::start().await;
    let before = registry.someone(json!({ "subject": "kim", "name": "Kim" })).await;
    let first = before.get("/users/me").await.expect(200).json();
    let married = json!({ "subject": "kim", "name": "Kim Lee", "email": "kim@example.com" });
    let after = registry.someone(married).await;
    let second = after.send(Method::POST, "/users", None).await.expect(200).json();
    assert_eq!(second["user_id"], first["user_id"]);
    assert_eq!(second["created_at"], first["created_at"]);
    assert_eq!(second["display_name"], "Kim Lee");
    assert_eq!(second["email"], "kim@example.com");
}

#[tokio::test]
async fn a_token_without_an_email_works() {
    let registry = Registry::start().await;
    let bot = registry.someone(json!({ "subject": "bot", "email": "", "name": "" })).await;
    let made = bot.send(Method::POST, "/users", None).await.expect(201).json();
    assert_eq!(made["email"], "bot@no-email.invalid", "a placeholder that no mail can reach");
    assert_eq!(made["display_name"], Value::Null);
    let another = registry.someone(json!({ "subject": "bot2", "email": "", "name": "" })).await;
    let other = another.send(Method::POST, "/users", None).await.expect(201).json();
    assert_ne!(made["user_id"], other["user_id"]);
    submit_dead(&bot, "by a bot").await;
}

#[tokio::test]
async fn an_administrator_is_told_that_they_are_one() {
    let registry = Registry::start().await;
    assert_eq!(registry.admin.get("/users/me").await.expect(200).json()["is_admin"], true);
    assert_eq!(registry.user.get("/users/me").await.expect(200).json()["is_admin"], false);
}
