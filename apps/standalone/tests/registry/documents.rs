//! Documents: who may do what with them, how many there are, and what becomes of them.

use http::Method;
use registry_testkit::Api;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::form::{documents, form, post, upload, uploaded};
use crate::support::{
    NOBODY, Registry, approve, assert_problem, column, id_in, reject, rows, submit_dead, text,
};

async fn total(api: &Api, path: &str) -> Value {
    api.get(&documents(path)).await.expect(200).json()["total"].clone()
}

#[tokio::test]
async fn an_uploaded_document_is_listed_read_and_deleted() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "documented").await;
    let me = registry.user.get("/users/me").await.expect(200).json();
    let parts = form(&[
        ("name=\"title\"", "Führung".as_bytes()),
        ("name=\"file\"; filename=\"guide.md\"", b"# abc"),
        ("name=\"tool_name\"", b"search"),
    ]);
    let answer = post(&registry.user, &documents(&path), parts).await.expect(201);
    let document = answer.json();
    let own = format!("{}/{}", documents(&path), text(&document, "document_id"));
    assert_eq!(answer.header("location"), own);
    for (member, value) in [
        ("registration_id", json!(id_in(&path))),
        ("filename", json!("guide.md")),
        ("content_type", json!("text/markdown")),
        ("size_bytes", json!(5)),
        ("sha256", json!("ed88ccf8ca7ecff67c780a0dd5a06c8342cd8de02ba5d99d63a48c8ffc83f0ae")),
        ("title", json!("Führung")),
        ("tool_name", json!("search")),
        ("uploaded_by", me["user_id"].clone()),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    let second = uploaded(&registry.user, &path, "data.json", b"{}").await.1;
    let list = registry.someone(json!({ "subject": "bob" })).await.get(&documents(&path)).await;
    let list = list.expect(200);
    assert_eq!(
        list.json(),
        json!({
            "total": 2, "limit": 20, "offset": 0, "results": [document, second],
        })
    );
    assert_eq!(list.header("x-total-count"), "2");
    let page = registry.user.get(&format!("{}?limit=1&offset=1", documents(&path))).await;
    assert_eq!(rows(&page.expect(200)), [second]);

    assert_eq!(registry.user.get(&own).await.expect(200).body, "# abc");
    assert!(registry.user.delete(&own).await.expect(204).body.is_empty());
    assert_problem(&registry.user.get(&own).await, 404, "DOCUMENT_NOT_FOUND");
    assert_problem(&registry.user.delete(&own).await, 404, "DOCUMENT_NOT_FOUND");
    assert_eq!(total(&registry.user, &path).await, 1);
}

#[tokio::test]
async fn the_submitter_and_administrators_write_and_everybody_signed_in_reads() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "whose").await;
    let other = registry.someone(json!({ "subject": "bob", "roles": ["server_owner"] })).await;
    let stranger = registry.stranger();
    for (who, may) in [(&registry.user, true), (&registry.admin, true), (&other, false)] {
        let answer = upload(who, &path, "a.txt", b"a").await;
        if may {
            answer.expect(201);
        } else {
            assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
        }
    }
    let (own, _) = uploaded(&registry.user, &path, "b.txt", b"b").await;
    for who in [&registry.user, &registry.admin, &other] {
        who.get(&documents(&path)).await.expect(200);
        assert_eq!(who.get(&own).await.expect(200).body, "b");
    }
    assert_problem(&other.delete(&own).await, 403, "INSUFFICIENT_PERMISSIONS");
    assert_problem(&upload(&stranger, &path, "a.txt", b"a").await, 401, "AUTHENTICATION_REQUIRED");
    for path in [&documents(&path), &own] {
        assert_problem(&stranger.get(path).await, 401, "AUTHENTICATION_REQUIRED");
    }
    assert_problem(&stranger.delete(&own).await, 401, "AUTHENTICATION_REQUIRED");
    registry.admin.delete(&own).await.expect(204);
    // What is not there tells nobody more than that.
    let nothing = format!("/registrations/{NOBODY}");
    assert_problem(&upload(&other, &nothing, "a.txt", b"a").await, 404, "REGISTRATION_NOT_FOUND");
    assert_problem(&other.get(&documents(&nothing)).await, 404, "REGISTRATION_NOT_FOUND");
    let document = format!("{}/{NOBODY}", documents(&path));
    assert_problem(&registry.user.get(&document).await, 404, "DOCUMENT_NOT_FOUND");
    let elsewhere = submit_dead(&registry.user, "elsewhere").await;
    let (own, _) = uploaded(&registry.user, &path, "c.txt", b"c").await;
    let moved = format!("{}/{}", documents(&elsewhere), id_in(&own));
    assert_problem(&registry.user.get(&moved).await, 404, "DOCUMENT_NOT_FOUND");
    assert_problem(&registry.user.delete(&moved).await, 404, "DOCUMENT_NOT_FOUND");
    registry.user.get(&own).await.expect(200);
}

#[tokio::test]
async fn documents_are_kept_in_every_state_of_the_registration() {
    let registry = Registry::start().await;
    let (yes, no) =
        (submit_dead(&registry.user, "yes").await, submit_dead(&registry.user, "nono").await);
    approve(&registry.admin, &yes).await;
    reject(&registry.admin, &no).await;
    for path in [&yes, &no] {
        let shown = registry.user.get(path).await.expect(200);
        let (own, _) = uploaded(&registry.user, path, "a.txt", b"a").await;
        // It is no change of what was decided on.
        let still = registry.user.get(path).await.expect(200);
        assert_eq!(still.header("etag"), shown.header("etag"));
        registry.user.delete(&own).await.expect(204);
    }
}

#[tokio::test]
async fn the_trail_says_who_uploaded_and_deleted_what() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "trailed").await;
    let (own, document) = uploaded(&registry.user, &path, "a.txt", b"a").await;
    registry.admin.delete(&own).await.expect(204);
    let trail = format!("/audit-logs?action=Updated&registration_id={}", id_in(&path));
    let trail = registry.admin.get(&trail).await.expect(200);
    assert_eq!(column(&trail, "user_email").len(), 2);
    let [deleted, uploaded] = &rows(&trail)[..] else { panic!("two rows: {}", trail.text()) };
    assert_ne!(deleted["user_id"], uploaded["user_id"]);
    for (row, change) in [(uploaded, "uploaded"), (deleted, "deleted")] {
        assert_eq!(row["metadata"]["change"], change);
        assert_eq!(
            (&row["previous_status"], &row["new_status"]),
            (&json!("Pending"), &json!("Pending"))
        );
        for member in ["document_id", "filename", "content_type", "size_bytes", "sha256"] {
            assert_eq!(row["metadata"]["document"][member], document[member], "{member}");
        }
    }
}

#[tokio::test]
async fn of_racing_uploads_twenty_are_kept() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "crowded").await;
    let mut racing = JoinSet::new();
    for number in 0..30 {
        let (api, path) = (registry.user.clone(), path.clone());
        racing.spawn(
            async move { upload(&api, &path, "a.txt", format!("{number}").as_bytes()).await },
        );
    }
    let answers = racing.join_all().await;
    let (kept, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((kept.len(), refused.len()), (20, 10));
    for answer in &refused {
        let body = assert_problem(answer, 409, "INVALID_STATE_TRANSITION");
        assert_eq!(body["details"], json!({ "reason": "full", "limit": 20 }));
    }
    assert_eq!(total(&registry.user, &path).await, 20);
    // One that goes makes room for one.
    let own = format!("{}/{}", documents(&path), text(&kept[0].json(), "document_id"));
    registry.user.delete(&own).await.expect(204);
    upload(&registry.user, &path, "a.txt", b"again").await.expect(201);
    assert_problem(
        &upload(&registry.user, &path, "a.txt", b"more").await,
        409,
        "INVALID_STATE_TRANSITION",
    );
}

#[tokio::test]
async fn documents_go_with_their_registration_and_stay_through_a_restart() {
    let mut registry = Registry::start().await;
    let (gone, kept) =
        (submit_dead(&registry.user, "gone").await, submit_dead(&registry.user, "kept").await);
    let content: Vec<u8> = b"%PDF-".iter().copied().chain(0..=255).collect();
    let (lost, _) = uploaded(&registry.user, &gone, "a.pdf", &content).await;
    let (own, document) = uploaded(&registry.user, &kept, "b.pdf", &content).await;
    registry.user.send(Method::POST, &format!("{gone}/withdraw"), None).await.expect(204);
    assert_problem(&registry.user.get(&lost).await, 404, "REGISTRATION_NOT_FOUND");
    assert_problem(&registry.user.get(&documents(&gone)).await, 404, "REGISTRATION_NOT_FOUND");

    registry.program.kill();
    registry.program.wait_exit().await;
    let again = registry.program.start_again().await;
    let ada = registry_testkit::token(&again, json!({ "subject": "ada" })).await;
    let user = Api::service(&again).with_token(&ada);
    let answer = user.get(&own).await.expect(200);
    assert_eq!(answer.body, content);
    assert_eq!(rows(&user.get(&documents(&kept)).await.expect(200)), [document]);
}
