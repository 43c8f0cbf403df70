//! What caches and careful writers are told: entity tags.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, SERVERS, path_of, register, server};

#[tokio::test]
async fn a_reader_who_has_the_answer_is_told_so_until_something_changes() {
    let registry = Registry::start().await;
    let made = register(&registry.anyone, &server("files")).await;
    for path in
        [path_of(&made), SERVERS.to_owned(), "/api/v1/discovery/tools?tools=read".to_owned()]
    {
        let first = registry.anyone.get(&path).await.expect(200);
        let tag = first.header("etag");
        assert!(tag.starts_with('"'), "{path} has a strong tag: {tag:?}");
        let again = Api::service(&registry.program).with_header("if-none-match", tag);
        let known = again.get(&path).await.expect(304);
        assert!(known.body.is_empty());
        assert_eq!(known.header("etag"), tag);
        let weak = format!("W/{tag}, \"other\"");
        let weak = Api::service(&registry.program).with_header("if-none-match", &weak);
        weak.get(&path).await.expect(304);
    }

    let known = registry.anyone.get(&path_of(&made)).await.header("etag").to_owned();
    let list = registry.anyone.get(SERVERS).await.header("etag").to_owned();
    registry.anyone.put(&path_of(&made), &server("renamed")).await.expect(200);
    let again = Api::service(&registry.program).with_header("if-none-match", &known);
    assert_eq!(again.get(&path_of(&made)).await.expect(200).json()["name"], "renamed");
    let again = Api::service(&registry.program).with_header("if-none-match", &list);
    assert_eq!(again.get(SERVERS).await.expect(200).json()[0]["name"], json!("renamed"));
}
