//! `open`: which era a server speaks, and what it is if it speaks none.

use std::time::Duration;

use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{Dial, OpenedUpstream, Upstream, UpstreamEra, UpstreamFailure};
use registry_upstream::{HttpUpstream, UpstreamSettings};
use serde_json::json;

use crate::support::{Answering, Scripted, Seen, client, error, json, response, result};

const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2025-11-25","2026-07-28"],"capabilities":{ "tools":{} },"instructions":"Be kind.","ttlMs":0,"cacheScope":"private"}"#;
const INITIALIZED: &str = r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"},"instructions":"Hello."}"#;

async fn open(endpoint: &EndpointUrl) -> Result<OpenedUpstream, UpstreamFailure> {
    client().open(Dial::plainly(endpoint)).await
}

async fn class_of(answer: impl Fn(&Seen) -> String + Send + Sync + 'static) -> FaultClass {
    let upstream = Answering::with(answer).await;
    let failure = open(&upstream.endpoint()).await.unwrap_err();
    assert!(!failure.detail.contains("SECRET"), "{failure}");
    failure.class
}

/// A legacy server, as far as opening it goes.
fn legacy(seen: &Seen, revision: &str) -> String {
    match seen.asks().as_str() {
        "initialize" => result(seen, &INITIALIZED.replace("2025-06-18", revision)),
        "notifications/initialized" => response(202, "text/plain", "", ""),
        _ => error(seen, 400, -32000),
    }
}

#[tokio::test]
async fn a_modern_server_is_told_by_discover_alone() {
    let upstream = Answering::with(|seen| result(seen, DISCOVERED)).await;
    let opened = open(&upstream.endpoint()).await.unwrap();
    assert_eq!(opened.era, UpstreamEra::Modern);
    assert_eq!(opened.revision, "2026-07-28");
    assert_eq!(opened.session, None);
    assert_eq!(opened.capabilities, r#"{ "tools":{} }"#);
    assert_eq!(opened.instructions.as_deref(), Some("Be kind."));

    let seen = &upstream.seen()[..];
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("mcp-method"), Some("server/discover"));
    assert_eq!(seen[0].header("mcp-protocol-version"), Some("2026-07-28"));
    let meta = &seen[0].json()["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"], json!({}));
}

#[tokio::test]
async fn a_legacy_server_is_shaken_hands_with() {
    let upstream = Answering::with(|seen| match seen.asks().as_str() {
        "initialize" => {
            let message =
                format!(r#"{{"jsonrpc":"2.0","id":{},"result":{INITIALIZED}}}"#, seen.json()["id"]);
            response(200, "application/json", "Mcp-Session-Id: abc-1\r\n", &message)
        }
        _ => legacy(seen, "2025-06-18"),
    })
    .await;
    let opened = open(&upstream.endpoint()).await.unwrap();
    assert_eq!((opened.era, opened.revision.as_str()), (UpstreamEra::Legacy, "2025-06-18"));
    assert_eq!(opened.session.as_deref(), Some("abc-1"));
    assert_eq!(opened.instructions.as_deref(), Some("Hello."));

    let seen = upstream.seen();
    assert_eq!(upstream.asked(), ["server/discover", "initialize", "notifications/initialized"]);
    assert_eq!(seen[1].header("mcp-protocol-version"), None);
    assert_eq!(seen[1].json()["params"]["protocolVersion"], "2025-11-25");
    assert_eq!(seen[2].header("mcp-session-id"), Some("abc-1"));
    assert_eq!(seen[2].header("mcp-protocol-version"), Some("2025-06-18"));
    assert_eq!(seen[2].header("mcp-method"), None);
}

#[tokio::test]
async fn before_2025_06_18_there_is_no_version_header() {
    let upstream = Answering::with(|seen| legacy(seen, "2025-03-26")).await;
    let opened = open(&upstream.endpoint()).await.unwrap();
    assert_eq!((opened.revision.as_str(), opened.session), ("2025-03-26", None));
    assert_eq!(upstream.seen()[2].header("mcp-protocol-version"), None);
}

#[tokio::test]
async fn a_handshake_may_be_answered_in_events() {
    let upstream = Answering::with(|seen| match seen.asks().as_str() {
        "initialize" => {
            let id = &seen.json()["id"];
            let events = format!(
                ": hello\r\n\r\nid: 0\r\ndata:\r\n\r\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\r\n\r\n\
                 event: message\r\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{id},\r\ndata: \"result\":{INITIALIZED}}}\r\n\r\n"
            );
            response(200, "text/event-stream", "mcp-session-id: s\r\n", &events)
        }
        _ => legacy(seen, "2025-11-25"),
    })
    .await;
    let opened = open(&upstream.endpoint()).await.unwrap();
    assert_eq!((opened.era, opened.session.as_deref()), (UpstreamEra::Legacy, Some("s")));
}

#[tokio::test]
async fn a_stream_that_stays_open_after_the_answer_is_not_waited_for() {
    let upstream = Scripted::run(|mut connection| async move {
        let seen = connection.request().await.unwrap();
        connection
            .write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        let id = &seen.json()["id"];
        connection
            .chunk(&format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{DISCOVERED}}}\n\n"))
            .await;
        connection.closed().await;
    })
    .await;
    assert_eq!(open(&upstream.endpoint()).await.unwrap().era, UpstreamEra::Modern);
}

#[tokio::test]
async fn a_server_that_names_our_revision_in_its_refusal_is_asked_once_more() {
    let refused = |seen: &Seen| {
        let id = &seen.json()["id"];
        json(
            400,
            &format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32022,"message":"no","data":{{"supported":["2026-07-28"]}}}}}}"#
            ),
        )
    };
    let upstream = Answering::with(move |seen| {
        if seen.json()["id"] == 1 { refused(seen) } else { result(seen, DISCOVERED) }
    })
    .await;
    assert_eq!(open(&upstream.endpoint()).await.unwrap().era, UpstreamEra::Modern);

    let stubborn = Answering::with(refused).await;
    let failure = open(&stubborn.endpoint()).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::ProtocolViolation);
    assert_eq!(stubborn.seen().len(), 2);
}

#[tokio::test]
async fn whatever_else_refuses_discover_is_asked_to_shake_hands() {
    for (status, code) in [(200, -32601), (400, -32602), (404, -32601), (400, -32020)] {
        let upstream = Answering::with(move |seen| match seen.asks().as_str() {
            "server/discover" => error(seen, status, code),
            _ => legacy(seen, "2025-11-25"),
        })
        .await;
        let opened = open(&upstream.endpoint()).await.unwrap();
        assert_eq!(opened.era, UpstreamEra::Legacy, "{status} {code}");
    }
    for status in [400, 404, 405, 415] {
        let upstream = Answering::with(move |seen| match seen.asks().as_str() {
            "server/discover" => response(status, "text/plain", "", "no"),
            _ => legacy(seen, "2025-11-25"),
        })
        .await;
        let opened = open(&upstream.endpoint()).await.unwrap();
        assert_eq!(opened.era, UpstreamEra::Legacy, "{status}");
    }
}

#[tokio::test]
async fn each_kind_of_trouble_has_its_class() {
    for (status, class) in [
        (401, FaultClass::AuthorizationRequired),
        (403, FaultClass::AuthorizationRequired),
        (500, FaultClass::ServerError),
        (503, FaultClass::ServerError),
        (302, FaultClass::NotMcp),
        (404, FaultClass::NotMcp),
        (426, FaultClass::WrongTransport),
    ] {
        let found = class_of(move |_| response(status, "text/html", "", "<p>SECRET</p>")).await;
        assert_eq!(found, class, "{status}");
    }
    let html = class_of(|_| response(200, "text/html", "", "<html>SECRET</html>")).await;
    assert_eq!(html, FaultClass::NotMcp);
    let other_json = class_of(|_| json(200, r#"{"SECRET":1}"#)).await;
    assert_eq!(other_json, FaultClass::NotMcp);
    let refusing = class_of(|seen| error(seen, 200, -32601)).await;
    assert_eq!(refusing, FaultClass::ProtocolViolation);
    let silent = class_of(|_| response(200, "text/event-stream", "", ": SECRET\n\n")).await;
    assert_eq!(silent, FaultClass::ProtocolViolation);
}

#[tokio::test]
async fn trouble_in_the_handshake_has_its_class_too() {
    for (answer, class) in [
        (response(401, "text/plain", "", ""), FaultClass::AuthorizationRequired),
        (response(502, "text/plain", "", ""), FaultClass::ServerError),
        (response(200, "text/html", "", "<p>"), FaultClass::NotMcp),
    ] {
        let found = class_of(move |seen| match seen.asks().as_str() {
            "initialize" => answer.clone(),
            _ => error(seen, 400, -32000),
        })
        .await;
        assert_eq!(found, class);
    }
    assert_eq!(class_of(|seen| legacy(seen, "1999-01-01")).await, FaultClass::ProtocolViolation);
    assert_eq!(class_of(|seen| legacy(seen, "2026-07-28")).await, FaultClass::ProtocolViolation);
    let unfinished = class_of(|seen| match seen.asks().as_str() {
        "notifications/initialized" => response(400, "text/plain", "", ""),
        _ => legacy(seen, "2025-11-25"),
    })
    .await;
    assert_eq!(unfinished, FaultClass::ProtocolViolation);
}

#[tokio::test]
async fn a_server_of_http_sse_alone_is_told_so() {
    let upstream = Scripted::run(|mut connection| async move {
        while let Some(seen) = connection.request().await {
            if seen.method == "GET" {
                assert_eq!(seen.header("accept"), Some("text/event-stream"));
                connection
                    .write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                    .await;
                connection.chunk("event: endpoint\ndata: /messages?sessionId=1\n\n").await;
            } else {
                connection.write(&response(405, "text/plain", "", "")).await;
            }
        }
    })
    .await;
    let failure = open(&upstream.endpoint()).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::WrongTransport);
}

#[tokio::test]
async fn a_stream_of_other_events_is_not_http_sse() {
    let found = class_of(|seen| match seen.method.as_str() {
        "GET" => response(200, "text/event-stream", "", "data: endpoint\n\n"),
        _ => response(404, "text/plain", "", ""),
    })
    .await;
    assert_eq!(found, FaultClass::NotMcp);
}

#[tokio::test]
async fn a_server_that_hangs_or_drips_times_out() {
    let impatient = || {
        HttpUpstream::new(UpstreamSettings {
            request_timeout: Duration::from_millis(200),
            ..UpstreamSettings::for_testing()
        })
    };
    let hanging = Scripted::run(|mut connection| async move {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let failure = impatient().open(Dial::plainly(&hanging.endpoint())).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Timeout, true));

    let dripping = Scripted::run(|mut connection| async move {
        connection.request().await;
        connection
            .write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        connection.chunk(": still here\n\n").await;
        connection.closed().await;
    })
    .await;
    let failure = impatient().open(Dial::plainly(&dripping.endpoint())).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Timeout, true));
}

#[tokio::test]
async fn a_probe_ends_in_time_however_many_questions_it_takes() {
    let impatient = HttpUpstream::new(UpstreamSettings {
        request_timeout: Duration::from_millis(200),
        ..UpstreamSettings::for_testing()
    });
    // It never stops answering, and never answers.
    let endless = Scripted::run(|mut connection| async move {
        connection.request().await;
        connection
            .write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        loop {
            connection.chunk(": still here\n\n").await;
            tokio::task::yield_now().await;
        }
    })
    .await;
    let failure = impatient.probe(Dial::plainly(&endless.endpoint())).await.unwrap_err();
    // Its bytes may be over before its time is.
    let classes = [FaultClass::Timeout, FaultClass::ProtocolViolation];
    assert!(classes.contains(&failure.class), "{failure}");

    let legacy_and_slow = Scripted::run(|mut connection| async move {
        while let Some(seen) = connection.request().await {
            if seen.asks() == "server/discover" {
                connection.write(&response(405, "text/plain", "", "")).await;
            } else {
                connection.closed().await;
            }
        }
    })
    .await;
    let failure = impatient.probe(Dial::plainly(&legacy_and_slow.endpoint())).await.unwrap_err();
    assert_eq!(failure.class, FaultClass::Timeout);
}

#[tokio::test]
async fn a_probe_leaves_no_session_behind() {
    let upstream = Answering::with(|seen| match seen.asks().as_str() {
        "initialize" => {
            let id = &seen.json()["id"];
            let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{INITIALIZED}}}"#);
            response(200, "application/json", "mcp-session-id: abc-1\r\n", &message)
        }
        _ => legacy(seen, "2025-06-18"),
    })
    .await;
    client().probe(Dial::plainly(&upstream.endpoint())).await.unwrap();
    let last = upstream.seen().pop().unwrap();
    assert_eq!((last.method.as_str(), last.header("mcp-session-id")), ("DELETE", Some("abc-1")));
}
