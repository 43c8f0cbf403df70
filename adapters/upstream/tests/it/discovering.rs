//! `discover`: everything that a server offers, and bounds against those that offer too much.

use registry_domain::manifest::{DefinitionKind, FaultClass, Manifest};
use registry_domain::ports::{Dial, Upstream, UpstreamFailure};
use serde_json::Value;

use crate::support::{Answering, Seen, client, error, response, result};

/// Answers `server/discover` as a modern server with all capabilities, everything else by `lists`.
fn modern(seen: &Seen, lists: impl Fn(&str, Option<&str>) -> Option<String>) -> String {
    let asked = seen.asks();
    if asked == "server/discover" {
        return result(
            seen,
            r#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"resources":{},"prompts":{}},"ttlMs":0,"cacheScope":"private"}"#,
        );
    }
    let params = &seen.json()["params"];
    match lists(&asked, params.get("cursor").and_then(Value::as_str)) {
        Some(page) => result(seen, &page),
        None => error(seen, 404, -32601),
    }
}

async fn discover(upstream: &Answering) -> Result<Manifest, UpstreamFailure> {
    client().discover(Dial::plainly(&upstream.endpoint())).await
}

fn raws(manifest: &Manifest, kind: DefinitionKind) -> Vec<&str> {
    manifest.of(kind).map(|one| std::str::from_utf8(&one.raw).unwrap()).collect()
}

#[tokio::test]
async fn every_kind_is_read_to_its_last_page_byte_for_byte() {
    let upstream = Answering::with(|seen| {
        modern(seen, |method, cursor| {
            Some(match (method, cursor) {
                ("tools/list", None) => r#"{"tools":[{"name":"a",  "x":1.0}, {"title":"nameless"}],"nextCursor":""}"#,
                ("tools/list", Some("")) => r#"{"nextCursor":"é\"","tools":[{"inputSchema":{"type":"object"},"name":"b"}]}"#,
                ("tools/list", Some("é\"")) => r#"{"tools":[{"name":"c","z":1e2}],"nextCursor":null}"#,
                ("resources/list", None) => r#"{"resources":[{"uri":"file:///1"}]}"#,
                ("resources/templates/list", None) => r#"{"resourceTemplates":[{"uriTemplate":"file:///{x}"}]}"#,
                _ => return None,
            }.to_owned())
        })
    })
    .await;
    let manifest = discover(&upstream).await.unwrap();
    assert_eq!(
        raws(&manifest, DefinitionKind::Tool),
        [
            r#"{"name":"a",  "x":1.0}"#,
            r#"{"inputSchema":{"type":"object"},"name":"b"}"#,
            r#"{"name":"c","z":1e2}"#,
        ]
    );
    assert_eq!(raws(&manifest, DefinitionKind::Resource), [r#"{"uri":"file:///1"}"#]);
    assert_eq!(
        raws(&manifest, DefinitionKind::ResourceTemplate),
        [r#"{"uriTemplate":"file:///{x}"}"#]
    );
    assert!(raws(&manifest, DefinitionKind::Prompt).is_empty(), "-32601 is an empty list");
    for seen in upstream.seen() {
        assert_eq!(seen.header("mcp-method"), Some(seen.asks().as_str()));
        assert_eq!(seen.header("mcp-protocol-version"), Some("2026-07-28"));
        assert_eq!(seen.connection, 1);
    }
}

/// A legacy server with sessions, tools alone, and all its answers in events.
fn legacy(seen: &Seen) -> String {
    let body = match seen.asks().as_str() {
        "initialize" => {
            r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s","version":"1"}}"#
        }
        "notifications/initialized" => return response(202, "text/plain", "", ""),
        "tools/list" if seen.header("mcp-session-id") == Some("s-1") => {
            r#"{"tools":[{"name":"echo"}],"nextCursor":""}"#
        }
        "DELETE" => return response(405, "text/plain", "", ""),
        _ => return error(seen, 400, -32000),
    };
    let id = &seen.json()["id"];
    let events = format!(
        "event: message\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{{}}}}\n\n\
         event: message\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{body}}}\n\n"
    );
    response(200, "text/event-stream", "mcp-session-id: s-1\r\n", &events)
}

#[tokio::test]
async fn a_legacy_session_is_used_and_ended() {
    let upstream = Answering::with(legacy).await;
    let manifest = discover(&upstream).await.unwrap();
    assert_eq!(raws(&manifest, DefinitionKind::Tool), [r#"{"name":"echo"}"#]);
    assert_eq!(manifest.definitions().len(), 1);
    assert_eq!(
        upstream.asked(),
        ["server/discover", "initialize", "notifications/initialized", "tools/list", "DELETE"]
    );
    for seen in &upstream.seen()[2..] {
        assert_eq!(seen.header("mcp-session-id"), Some("s-1"), "{}", seen.asks());
        assert_eq!(seen.header("mcp-protocol-version"), Some("2025-11-25"), "{}", seen.asks());
    }
}

#[tokio::test]
async fn a_session_is_ended_after_a_failure_too() {
    let upstream = Answering::with(|seen| match seen.asks().as_str() {
        "tools/list" => error(seen, 200, -32603),
        _ => legacy(seen),
    })
    .await;
    let failure = discover(&upstream).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::ProtocolViolation);
    assert_eq!(upstream.asked().last().map(String::as_str), Some("DELETE"));
}

async fn violation(lists: impl Fn(&str, Option<&str>) -> Option<String> + Send + Sync + 'static) {
    let upstream = Answering::with(move |seen| modern(seen, &lists)).await;
    let failure = discover(&upstream).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::ProtocolViolation, "{failure}");
    assert!(!failure.detail.contains("SECRET"), "{failure}");
    assert!(upstream.seen().len() <= 1 + 10, "asked on and on");
}

#[tokio::test]
async fn cursors_that_go_in_circles_are_a_violation() {
    violation(|_, _| Some(r#"{"tools":[],"nextCursor":"SECRET"}"#.to_owned())).await;
}

#[tokio::test]
async fn endless_cursors_are_a_violation() {
    violation(|_, cursor| {
        let next = format!("{}+", cursor.unwrap_or_default());
        Some(format!(r#"{{"tools":[],"nextCursor":"{next}"}}"#))
    })
    .await;
}

#[tokio::test]
async fn what_is_no_list_is_a_violation() {
    for page in [
        r#"{"resultType":"input_required","inputRequests":{}}"#,
        r#"{"tools":{}}"#,
        r#"{"tools":[],"nextCursor":5}"#,
        "[]",
    ] {
        violation(|_, _| Some(page.to_owned())).await;
    }
}

#[tokio::test]
async fn oversize_is_refused_not_truncated() {
    violation(|_, _| {
        let tools: Vec<String> = (0..101).map(|n| format!(r#"{{"name":"t{n}"}}"#)).collect();
        Some(format!(r#"{{"tools":[{}]}}"#, tools.join(",")))
    })
    .await;
    violation(|_, _| {
        let text = "SECRET".repeat(50_000);
        Some(format!(r#"{{"tools":[{{"name":"t","description":"{text}"}}]}}"#))
    })
    .await;
}

#[tokio::test]
async fn oversize_over_many_pages_is_refused_too() {
    violation(|_, cursor| {
        let next = format!("{}+", cursor.unwrap_or_default());
        let text = "x".repeat(60_000);
        Some(format!(
            r#"{{"tools":[{{"name":"{next}","description":"{text}"}}],"nextCursor":"{next}"}}"#
        ))
    })
    .await;
}

#[tokio::test]
async fn an_oversize_event_is_refused() {
    let upstream = Answering::with(|seen| match seen.asks().as_str() {
        "tools/list" => {
            let text = "x".repeat(70_000);
            response(200, "text/event-stream", "", &format!("data: {text}\n\n"))
        }
        _ => legacy(seen),
    })
    .await;
    let failure = discover(&upstream).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::ProtocolViolation);
}
