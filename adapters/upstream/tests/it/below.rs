//! Servers that were registered by their host alone.

use registry_domain::manifest::FaultClass;
use registry_domain::ports::{Dial, Upstream, UpstreamEra};

use crate::support::{Answering, Seen, client, error, response, result};

const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"private"}"#;
const INITIALIZED: &str =
    r#"{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}"#;

/// What a server answers whose endpoint is at `path`.
fn at(path: &str, elsewhere: u16, seen: &Seen) -> String {
    if seen.path == path {
        result(seen, DISCOVERED)
    } else {
        response(elsewhere, "text/html", "", "<p>nothing here</p>")
    }
}

#[tokio::test]
async fn an_endpoint_below_its_host_is_found_once_and_then_asked_at_once() {
    for status in [404, 405] {
        let upstream = Answering::with(move |seen| at("/mcp", status, seen)).await;
        let client = client();
        let opened = client.open(Dial::plainly(&upstream.host())).await.unwrap();
        assert_eq!(opened.era, UpstreamEra::Modern);
        assert_eq!(upstream.paths(), ["/", "/mcp"], "{status}");
        client.open(Dial::plainly(&upstream.host())).await.unwrap();
        assert_eq!(upstream.paths(), ["/", "/mcp", "/mcp"], "{status}");
    }
}

#[tokio::test]
async fn an_address_that_answers_is_taken_at_its_word() {
    // A modern server answers 404 to a method that it does not know; that is no reason to leave it.
    let upstream = Answering::with(|seen| match seen.asks().as_str() {
        "server/discover" => result(seen, &DISCOVERED.replace("{}", r#"{"tools":{}}"#)),
        _ => error(seen, 404, -32601),
    })
    .await;
    let client = client();
    client.open(Dial::plainly(&upstream.host())).await.unwrap();
    client.discover(Dial::plainly(&upstream.host())).await.unwrap();
    assert!(upstream.paths().iter().all(|path| path == "/"), "{:?}", upstream.paths());
    let other = Answering::with(|seen| at("/elsewhere", 404, seen)).await;
    client.open(Dial::plainly(&other.endpoint())).await.unwrap_err();
    assert!(other.paths().iter().all(|path| path == "/mcp"), "{:?}", other.paths());
}

#[tokio::test]
async fn what_is_nowhere_is_no_server_and_is_looked_for_anew() {
    let upstream = Answering::with(|seen| at("/elsewhere", 404, seen)).await;
    let client = client();
    let failure = client.open(Dial::plainly(&upstream.host())).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::NotMcp);
    let first = upstream.paths();
    assert!(first.contains(&"/".to_owned()) && first.contains(&"/mcp".to_owned()), "{first:?}");
    client.open(Dial::plainly(&upstream.host())).await.unwrap_err();
    assert_eq!(upstream.paths().len(), 2 * first.len());
}

#[tokio::test]
async fn a_server_that_moved_to_its_host_is_found_there_again() {
    let moved = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let has_moved = moved.clone();
    let upstream = Answering::with(move |seen| {
        let path = if has_moved.load(std::sync::atomic::Ordering::SeqCst) { "/" } else { "/mcp" };
        at(path, 404, seen)
    })
    .await;
    let client = client();
    client.open(Dial::plainly(&upstream.host())).await.unwrap();
    moved.store(true, std::sync::atomic::Ordering::SeqCst);
    client.open(Dial::plainly(&upstream.host())).await.unwrap();
    client.open(Dial::plainly(&upstream.host())).await.unwrap();
    assert_eq!(upstream.paths(), ["/", "/mcp", "/mcp", "/", "/"]);
}

#[tokio::test]
async fn a_session_that_ended_is_no_reason_to_look_elsewhere() {
    let upstream = Answering::with(|seen| match (seen.path.as_str(), seen.asks().as_str()) {
        // Below, the session is gone before the handshake is over.
        ("/", _) | (_, "notifications/initialized") => response(404, "text/plain", "", ""),
        (_, "initialize") => {
            let id = &seen.json()["id"];
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{INITIALIZED}}}"#);
            response(200, "application/json", "mcp-session-id: one\r\n", &body)
        }
        _ => error(seen, 400, -32000),
    })
    .await;
    client().open(Dial::plainly(&upstream.host())).await.unwrap_err();
    let told = |seen: &&Seen| seen.asks() == "notifications/initialized";
    let paths: Vec<String> =
        upstream.seen().iter().filter(told).map(|seen| seen.path.clone()).collect();
    assert_eq!(paths, ["/mcp"]);
}
