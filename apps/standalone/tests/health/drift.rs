//! A server that offers something else than what was approved.

use registry_testkit::eventually;

use crate::support::Product;

#[tokio::test]
async fn a_changed_tool_is_neither_listed_nor_callable_while_all_others_are() {
    let product = Product::start(&[]).await;
    let listed = product.list("bench").await;
    assert!(product.echoes(&listed).await);
    assert_eq!(product.drift(&listed).await["state"], "none");

    listed.upstream.workbench().redescribe("echo", "Says the text to everybody");
    product.once_listed(&listed, false).await;
    assert!(!product.shown(&listed).await.contains(&"echo".to_owned()));
    assert_eq!(product.offering("echo").await, 0);
    assert_eq!(product.offering("add").await, 1, "the others are found");
    let calls = listed.upstream.seen_of("tools/call").len();
    let refused = product.echo(&listed).await;
    assert!(refused.rpc()["error"].is_object(), "{}", refused.text());
    assert_eq!(listed.upstream.seen_of("tools/call").len(), calls, "the call got nowhere");

    let drift = product.drift(&listed).await;
    assert_eq!((&drift["state"], &drift["policy"]), (&"open".into(), &"withhold".into()));
    assert_eq!((&drift["added_count"], &drift["changed_count"]), (&0.into(), &1.into()));
    let changed = &drift["changed"][0];
    assert_eq!((&changed["kind"], &changed["name"]), (&"tool".into(), &"echo".into()));
    assert_eq!(changed["pinned"]["definition"]["description"], "Says the text back");
    let offered = &changed["offered"]["definition"]["description"];
    assert_eq!(*offered, "Says the text to everybody");
    assert_ne!(drift["pinned_digest"], drift["manifest_digest"]);

    // Whoever reads the registration's manifest learns of it too.
    let manifest = product.user.get(&format!("{}/manifest", listed.registration)).await;
    let manifest = manifest.expect(200).json();
    assert_eq!(manifest["drift"]["state"], "open", "{manifest}");
    assert_eq!(manifest["drift"]["manifest_digest"], drift["manifest_digest"]);
    assert_eq!(manifest["pinned_digest"], drift["pinned_digest"]);
}

#[tokio::test]
async fn who_offers_what_was_approved_again_is_served_again() {
    let product = Product::start(&[]).await;
    let listed = product.list("bench").await;
    listed.upstream.workbench().redescribe("echo", "Other words");
    product.once_listed(&listed, false).await;
    listed.upstream.workbench().restore();
    product.once_listed(&listed, true).await;
    assert!(product.echoes(&listed).await);
    assert_eq!(product.drift(&listed).await["state"], "none");
}

#[tokio::test]
async fn a_dropped_tool_is_shown_and_not_withheld() {
    let product = Product::start(&[]).await;
    let listed = product.list("bench").await;
    listed.upstream.workbench().hide("echo");
    let drift = product.drift_once(&listed, "open").await;
    assert_eq!((&drift["dropped_count"], &drift["changed_count"]), (&1.into(), &0.into()));
    assert_eq!(drift["dropped"][0]["name"], "echo");
    assert!(product.tools(&listed).await.contains(&"echo".to_owned()));
    assert!(product.echoes(&listed).await, "the upstream still answers it");
}

#[tokio::test]
async fn under_the_flag_policy_a_changed_tool_is_shown_and_served() {
    let product = Product::start(&[("MREG_DRIFT_POLICY", "flag")]).await;
    let listed = product.list("bench").await;
    listed.upstream.workbench().redescribe("echo", "Other words");
    let drift = product.drift_once(&listed, "open").await;
    assert_eq!(drift["policy"], "flag");
    assert!(product.tools(&listed).await.contains(&"echo".to_owned()));
    assert!(product.shown(&listed).await.contains(&"echo".to_owned()));
    assert_eq!(product.offering("echo").await, 1);
    assert!(product.echoes(&listed).await);
}

#[tokio::test]
async fn what_is_withheld_stays_withheld_over_a_restart() {
    let product = Product::start(&[]).await;
    let listed = product.list("bench").await;
    listed.upstream.workbench().redescribe("echo", "Other words");
    product.once_listed(&listed, false).await;
    let since = product.drift(&listed).await["since"].clone();
    let again = product.again().await;
    eventually("the gateway serves it", async || {
        (!again.tools(&listed).await.is_empty()).then_some(())
    })
    .await;
    again.once_listed(&listed, false).await;
    assert_eq!(again.drift(&listed).await["since"], since, "it is no news");
}
