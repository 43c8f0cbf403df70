//! An operator takes a server out of rotation.

use registry_testkit::eventually;
use serde_json::json;

use crate::support::Product;

#[tokio::test]
async fn in_maintenance_a_server_gets_neither_calls_nor_probes() {
    let product = Product::start(&[]).await;
    let (listed, beside) = (product.list("bench").await, product.list("other").await);
    assert!(product.echoes(&listed).await);
    let order = json!({ "health_status": "maintenance" });
    let ordered = product.admin.patch(&listed.path, &order).await.expect(200).json();
    assert_eq!(ordered["health_status"], "maintenance", "{ordered}");
    eventually("the gateway refuses calls", async || {
        let refused = product.echo(&listed).await;
        refused.rpc()["error"].is_object().then_some(())
    })
    .await;
    // A probe that was under way when the order came is over when its neighbour was asked twice.
    beside.once_compared().await;
    let asked = listed.upstream.requests();
    beside.once_compared().await;
    assert!(product.echo(&listed).await.rpc()["error"].is_object());
    assert_eq!(listed.upstream.requests(), asked, "nobody asked it anything");
    assert!(product.echoes(&beside).await);

    let back = json!({ "health_status": "unknown" });
    product.admin.patch(&listed.path, &back).await.expect(200);
    eventually("it is called again", async || product.echoes(&listed).await.then_some(())).await;
    listed.once_compared().await;
}

#[tokio::test]
async fn a_server_that_starts_in_maintenance_stays_in_it_over_a_restart() {
    let product = Product::start(&[]).await;
    let (listed, beside) = (product.list("bench").await, product.list("other").await);
    let order = json!({ "health_status": "maintenance" });
    product.admin.patch(&listed.path, &order).await.expect(200);
    let again = product.again().await;
    eventually("the gateway serves its neighbour", async || {
        again.echoes(&beside).await.then_some(())
    })
    .await;
    let asked = listed.upstream.requests();
    assert!(again.echo(&listed).await.rpc()["error"].is_object());
    beside.once_compared().await;
    assert_eq!(listed.upstream.requests(), asked);
}

#[tokio::test]
async fn only_two_orders_are_taken_from_those_who_may() {
    let product = Product::start(&[]).await;
    let listed = product.list("bench").await;
    let order = json!({ "health_status": "maintenance" });
    product.user.patch(&listed.path, &order).await.expect(403);
    for bad in [json!({}), json!({ "health_status": "healthy" }), json!({ "name": "x" })] {
        product.admin.patch(&listed.path, &bad).await.expect(422);
    }
    let nobody = "/api/v1/servers/00000000-0000-4000-8000-000000000000";
    product.admin.patch(nobody, &order).await.expect(404);

    let first = product.admin.patch(&listed.path, &order).await.expect(200);
    let twice = product.admin.patch(&listed.path, &order).await.expect(200);
    assert_eq!(first.header("etag"), twice.header("etag"), "ordered twice is ordered once");
    let seen = product.admin.clone().with_header("if-match", first.header("etag"));
    let back = json!({ "health_status": "unknown" });
    seen.patch(&listed.path, &back).await.expect(200);
    seen.patch(&listed.path, &order).await.expect(409);
}
