//! An administrator decides on what a server offers instead of what was approved.

use registry_testkit::eventually;
use serde_json::json;

use crate::support::{Listed, Product};

async fn drifted(product: &Product) -> Listed {
    let listed = product.list("bench").await;
    listed.upstream.workbench().redescribe("echo", "Other words");
    product.once_listed(&listed, false).await;
    listed
}

#[tokio::test]
async fn what_is_accepted_is_what_is_approved_from_then_on() {
    let product = Product::start(&[]).await;
    let listed = drifted(&product).await;
    let drift = product.drift(&listed).await;
    let accept = format!("{}/drift/accept", listed.path);

    let unread = product.admin.post(&accept, &json!({})).await.expect(422).json();
    assert!(unread.to_string().contains("manifest_digest"), "{unread}");
    let other = json!({ "manifest_digest": drift["pinned_digest"] });
    assert_eq!(product.admin.post(&accept, &other).await.expect(409).json()["status"], 409);

    let read = json!({ "manifest_digest": drift["manifest_digest"] });
    let accepted = product.admin.post(&accept, &read).await.expect(200).json();
    assert_eq!(accepted["state"], "none", "{accepted}");
    assert_eq!(accepted["pinned_digest"], drift["manifest_digest"]);
    product.once_listed(&listed, true).await;
    assert!(product.echoes(&listed).await);
    product.admin.post(&accept, &read).await.expect(409);

    let manifest = product.user.get(&format!("{}/manifest", listed.registration)).await;
    let manifest = manifest.expect(200).json();
    assert_eq!(manifest["pinned_digest"], drift["manifest_digest"]);
    assert_eq!(
        (&manifest["drift"]["state"], &manifest["reviewed"]),
        (&json!("none"), &json!(true))
    );

    // What it was before is the drift now.
    listed.upstream.workbench().restore();
    product.once_listed(&listed, false).await;
}

#[tokio::test]
async fn what_is_refused_stays_withheld_and_is_no_question_any_more() {
    let product = Product::start(&[]).await;
    let listed = drifted(&product).await;
    let shown = product.admin.get(&format!("{}/drift", listed.path)).await.expect(200);
    let refuse = format!("{}/drift/refuse", listed.path);
    let since = shown.json()["since"].clone();
    let refused = product.admin.post(&refuse, &json!({})).await.expect(200).json();
    assert_eq!(refused["state"], "refused", "{refused}");
    listed.once_compared().await;
    let drift = product.drift(&listed).await;
    assert_eq!((&drift["state"], &drift["since"]), (&json!("refused"), &since));
    product.once_listed(&listed, false).await;

    // Another difference is another question.
    listed.upstream.workbench().redescribe("echo", "Yet other words");
    product.drift_once(&listed, "open").await;
    let trail = product.admin.get("/audit-logs?limit=50").await.expect(200).json();
    let rows = trail["results"].as_array().unwrap();
    let id = listed.registration.rsplit('/').next().unwrap();
    let of_drift = rows.iter().filter(|row| {
        row["registration_id"] == id
            && row["action"] == "Updated"
            && row["metadata"]["changed"] == json!(["echo"])
    });
    assert_eq!(of_drift.count(), 1, "{trail}");
}

#[tokio::test]
async fn a_decision_is_on_what_was_read() {
    let product = Product::start(&[]).await;
    let listed = drifted(&product).await;
    let path = format!("{}/drift", listed.path);
    let tag = product.admin.get(&path).await.expect(200).header("etag").to_owned();
    listed.upstream.workbench().redescribe("echo", "Yet other words");
    let first = product.drift(&listed).await["manifest_digest"].clone();
    eventually("the drift is another", async || {
        (product.drift(&listed).await["manifest_digest"] != first).then_some(())
    })
    .await;
    let stale = product.admin.clone().with_header("if-match", &tag);
    stale.post(&format!("{path}/accept"), &json!({})).await.expect(409);
    let tag = product.admin.get(&path).await.expect(200).header("etag").to_owned();
    let seen = product.admin.clone().with_header("if-match", &tag);
    seen.post(&format!("{path}/accept"), &json!({})).await.expect(200);
}

#[tokio::test]
async fn only_administrators_see_and_decide() {
    let product = Product::start(&[]).await;
    let listed = drifted(&product).await;
    let path = format!("{}/drift", listed.path);
    product.user.get(&path).await.expect(403);
    for decision in ["accept", "refuse"] {
        product.user.post(&format!("{path}/{decision}"), &json!({})).await.expect(403);
    }
    let nobody = "/api/v1/servers/00000000-0000-4000-8000-000000000000/drift";
    let missing = product.admin.get(nobody).await.expect(404).json();
    assert_eq!(missing["error"], "SERVER_NOT_FOUND", "{missing}");
    product.admin.get("/api/v1/servers/none/drift").await.expect(422);
}
