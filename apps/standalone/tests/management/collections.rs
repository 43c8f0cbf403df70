//! Collections: created, read, replaced and deleted by administrators, each write guarded.

use http::Method;
use registry_testkit::{Answer, Api};
use serde_json::{Value, json};

use crate::support::{
    NOBODY, Registry, assert_breaks, assert_problem, register, request, server, server_with, text,
};

const COLLECTIONS: &str = "/api/v1/collections";

/// A collection of one tool of a server.
fn draft(slug: &str, server: &Value) -> Value {
    json!({
        "slug": slug, "name": "Office", "description": "What the office needs",
        "instructions": "First this.\nThen that.",
        "members": [{
            "server_id": text(server, "id"),
            "tools": [{"tool": "send", "name": "send_mail", "description": null}],
            "prompts": false,
        }],
    })
}

/// A write by somebody who saw this.
async fn write(api: &Api, method: Method, path: &str, seen: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", seen)];
    api.request(path, request(method, &headers, body.to_string())).await
}

#[tokio::test]
async fn a_collection_is_made_read_replaced_and_deleted_by_who_saw_what_was_there() {
    let registry = Registry::start().await;
    let api = registry.admin().await;
    let mail = register(&registry.anyone, &server("mail")).await;
    let answer = api.post(COLLECTIONS, &draft("office", &mail)).await.expect(201);
    let (made, first) = (answer.json(), answer.header("etag").to_owned());
    let path = format!("{COLLECTIONS}/{}", text(&made, "collection_id"));
    assert_eq!((&made["slug"], &made["tenant_id"]), (&json!("office"), &json!("development")));
    assert_eq!(
        made["members"],
        json!([{
            "server_id": mail["id"],
            "tools": [{"tool": "send", "name": "send_mail", "description": null}],
            "prompts": false, "resources": true,
        }])
    );
    assert_eq!(api.get(&path).await.expect(200).json(), made);

    let empty = json!({"slug": "desk", "name": "Desk"});
    let replaced = write(&api, Method::PUT, &path, &first, &empty).await.expect(200);
    assert_eq!(replaced.json()["members"], json!([]));
    assert_eq!(replaced.json()["instructions"], Value::Null);
    assert_ne!(replaced.header("etag"), first);
    for method in [Method::PUT, Method::DELETE] {
        let late = write(&api, method, &path, &first, &empty).await;
        assert_problem(&late, 409, "INVALID_STATE_TRANSITION");
    }
    let listed = api.get(&format!("{COLLECTIONS}?limit=1")).await.expect(200);
    assert_eq!(listed.json()["results"], json!([replaced.json()]));
    assert_eq!(listed.json()["total"], 1);

    api.delete(&path).await.expect(204);
    assert_eq!(api.get(&path).await.expect(404).json()["error"], "NOT_FOUND");
    assert_eq!(api.delete(&path).await.expect(404).json()["error"], "NOT_FOUND");
}

#[tokio::test]
async fn what_is_wrong_with_a_collection_is_named_and_nothing_is_kept() {
    let registry = Registry::start().await;
    let api = registry.admin().await;
    let mail = register(&registry.anyone, &server("mail")).await;
    let theirs = server_with("theirs", &json!({"tenant_id": "fabrikam"}));
    let theirs = register(&registry.anyone, &theirs).await;
    let with = |member: &str, value: Value| {
        let mut body = draft("office", &mail);
        body[member] = value;
        body
    };
    for (body, place) in [
        (with("slug", json!("Off ice")), "body.slug"),
        (with("name", json!("")), "body.name"),
        (with("titel", json!("")), "body.titel"),
        (with("members", json!({})), "body.members"),
        (with("members", json!([{"server_id": NOBODY}])), "body.members.0.server_id"),
        // Another tenant's server is none of this collection's.
        (with("members", json!([{"server_id": theirs["id"]}])), "body.members.0.server_id"),
        (
            with(
                "members",
                json!([{"server_id": mail["id"], "tools": [{"tool": "a", "name": "b__c"}]}]),
            ),
            "body.members.0.tools.0.name",
        ),
    ] {
        assert_breaks(&api.post(COLLECTIONS, &body).await, place);
    }
    assert_eq!(api.get(COLLECTIONS).await.expect(200).json()["total"], 0);

    let made = api.post(COLLECTIONS, &draft("office", &mail)).await.expect(201).json();
    let again = api.post(COLLECTIONS, &draft("office", &mail)).await;
    let told = assert_problem(&again, 409, "INVALID_STATE_TRANSITION");
    assert!(told.to_string().contains(text(&made, "collection_id")), "{told}");
}
