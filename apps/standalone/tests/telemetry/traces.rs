//! Traces: sent to a collector, continued from a caller, and passed on to upstreams.

use registry_testkit::upstreams::{Reply, Scripted, answer_handshake};
use registry_testkit::{Api, Collector, Program, eventually};
use serde_json::json;

use crate::support::Registry;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACE_BYTES: [u8; 16] = [
    0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36,
];
const SECRET: &str = "s3cr3t-in-a-query";

fn parent(flags: &str) -> String {
    format!("00-{TRACE}-00f067aa0ba902b7-{flags}")
}

#[tokio::test]
async fn a_request_continues_its_callers_trace_and_says_no_secret() {
    let collector = Collector::new();
    let url = collector.url();
    let program = Program::start(
        "mcp-registry",
        &[("MREG_TRACING_ENABLED", "true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", &url)],
    )
    .await;
    let registry = Registry::of(program).await;
    let api = registry.user.clone().with_header("traceparent", &parent("01"));
    let api = api.with_header("x-request-id", "the-id-of-it");
    api.get(&format!("/users/me?x={SECRET}")).await.expect(200);
    eventually("the span has arrived", async || {
        let parts: [&[u8]; 4] = [&TRACE_BYTES, b"GET /users/me", b"the-id-of-it", b"mcp-registry"];
        collector.has(&parts).then_some(())
    })
    .await;
    for batch in collector.taken() {
        assert_eq!(batch.path, "/v1/traces");
        assert_eq!(batch.header("content-type"), "application/x-protobuf");
        let text = String::from_utf8_lossy(&batch.body);
        assert!(!text.contains(SECRET) && !text.contains("Bearer"), "{text}");
    }
}

#[tokio::test]
async fn an_upstream_is_told_the_trace_and_what_is_not_sampled_is_not_sent() {
    let collector = Collector::new();
    let url = collector.url();
    let settings = [
        ("MREG_TRACING_ENABLED", "true"),
        ("MREG_TRACING_SAMPLE_RATE", "0"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
    ];
    let registry = Registry::with(&settings).await;
    let upstream = crate::support::upstream();
    registry.serve(&upstream, "Counted").await;
    for (flags, text) in [("00", "unsampled"), ("01", "sampled")] {
        let gateway = registry.gateway.clone().with_header("traceparent", &parent(flags));
        gateway.call_tool("/mcp", "counted__echo", json!({"text": text})).await.expect(200);
    }
    eventually("both spans of the call have arrived", async || {
        let call: [&[u8]; 2] = [&TRACE_BYTES, b"POST /mcp"];
        let hop: [&[u8]; 2] = [&TRACE_BYTES, b"tools/call"];
        (collector.has(&call) && collector.has(&hop)).then_some(())
    })
    .await;
    let all: Vec<u8> = collector.taken().iter().flat_map(|batch| batch.body.to_vec()).collect();
    let calls = all.windows(9).filter(|at| at == b"POST /mcp").count();
    assert_eq!(calls, 1, "the others were not sampled, here or by their caller");
}

#[tokio::test]
async fn the_upstream_hears_of_the_trace_only_while_traces_are_on() {
    let collector = Collector::new();
    let url = collector.url();
    for on in ["true", "false"] {
        let settings =
            [("MREG_TRACING_ENABLED", on), ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
        let registry = Registry::with(&settings).await;
        let upstream = Scripted::start(|request| {
            answer_handshake(request).unwrap_or_else(|| {
                let content = json!([{ "type": "text", "text": "said" }]);
                Reply::result(request, &json!({"content": content, "resultType": "complete"}))
            })
        });
        registry.serve_at(&upstream.url(), "Counted").await;
        let gateway = registry.gateway.clone().with_header("traceparent", &parent("01"));
        gateway.call_tool("/mcp", "counted__echo", json!({"text": "a"})).await.expect(200);
        let calls = upstream.requests_of("tools/call");
        let told = calls[0].header("traceparent").to_owned();
        assert_eq!(calls.len(), 1);
        if on == "true" {
            assert!(told.starts_with(&format!("00-{TRACE}-")) && told.ends_with("-01"), "{told}");
            assert!(!told.contains("00f067aa0ba902b7"), "its parent is our span");
        } else {
            assert_eq!(told, "");
        }
    }
}

#[tokio::test]
async fn traces_without_a_collector_are_a_wrong_setting() {
    let ended = Program::run("mcp-registry", &["validate"], &[("MREG_TRACING_ENABLED", "true")]);
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned()
        + &String::from_utf8_lossy(&ended.stdout);
    assert!(said.contains("MREG_TRACING_ENABLED"), "{said}");
    assert!(said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
}

#[tokio::test]
async fn a_collector_that_is_away_disturbs_nobody() {
    let settings = [
        ("MREG_TRACING_ENABLED", "true"),
        ("MREG_TRACING_SAMPLE_RATE", "1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
    ];
    let mut program = Program::start("mcp-registry", &settings).await;
    Api::service(&program).get("/").await.expect(200);
    eventually("the log says so", async || {
        let said = |line: &serde_json::Value| {
            line["message"] == "traces cannot be sent right now; trying on"
        };
        program.logs().iter().any(said).then_some(())
    })
    .await;
    Api::service(&program).get("/").await.expect(200);
    program.terminate();
    assert!(program.wait_exit().await.success());
}
