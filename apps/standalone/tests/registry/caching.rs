//! `ETag`, `If-None-Match`, HEAD: asking without being told again.

use http::Method;
use registry_testkit::upstreams::{RmcpOptions, RmcpServer};

use crate::support::{Registry, draft, once_discovery, submit, submit_dead};

#[tokio::test]
async fn what_is_known_is_not_sent_again_until_it_changes() {
    let registry = Registry::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let path = submit(&registry.user, &draft(&upstream.url(), "Cached")).await;
    once_discovery(&registry.user, &path, "complete").await;
    let answer = registry.user.get(&path).await.expect(200);
    let tag = answer.header("etag").to_owned();
    assert_eq!(answer.header("cache-control"), "private, no-cache");

    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let api = registry.user.clone().with_header("if-none-match", &known);
        let again = api.get(&path).await.expect(304);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), tag);
    }
    let other = registry.user.clone().with_header("if-none-match", "\"other\"");
    other.get(&path).await.expect(200);

    let renamed = registry.user.put(&path, &draft(&upstream.url(), "Renamed")).await.expect(200);
    assert_ne!(renamed.header("etag"), tag);
    let api = registry.user.clone().with_header("if-none-match", &tag);
    assert_eq!(api.get(&path).await.expect(200).json()["endpoint_name"], "Renamed");
}

#[tokio::test]
async fn the_tag_of_a_submission_is_the_tag_that_is_shown() {
    let registry = Registry::start().await;
    let answer = registry.user.post("/registrations", &draft("http://127.0.0.1:1/a", "Tag")).await;
    let path = answer.header("location").to_owned();
    let shown = registry.user.get(&path).await.expect(200);
    assert_eq!(answer.expect(201).header("etag"), shown.header("etag"));
    let manifest = registry.user.get(&format!("{path}/manifest")).await.expect(200);
    assert_eq!(manifest.header("etag"), shown.header("etag"));
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let registry = Registry::start().await;
    let one = submit_dead(&registry.user, "headed").await;
    once_discovery(&registry.user, &one, "failed").await;
    for path in ["/registrations", &one, "/users/me", "/livez", "/ready", "/"] {
        let got = registry.user.get(path).await.expect(200);
        let head = registry.user.send(Method::HEAD, path, None).await.expect(200);
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "content-length", "etag", "x-total-count", "cache-control"] {
            assert_eq!(head.header(name), got.header(name), "{name} of {path}");
        }
    }
    let missing = format!("/registrations/{}", crate::support::NOBODY);
    let head = registry.user.send(Method::HEAD, &missing, None).await.expect(404);
    assert!(head.body.is_empty());
}
