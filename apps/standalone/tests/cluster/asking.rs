//! Servers that ask their client in the middle of a call, and tell of a resource by themselves.

use std::sync::atomic::{AtomicUsize, Ordering};

use registry_testkit::upstreams::{Gate, Reply, Scripted, ScriptedRequest, answer_handshake};
use serde_json::{Value, json};

/// The resource that the server offers.
pub const NOTE: &str = "note://a";
/// How long its answer is, in bytes.
pub const LONG: usize = 3 << 20;

/// A server with sessions. Each of these questions waits for its answer before the call goes on;
/// its answer to the call is long. Its own stream tells that the resource changed when the gate
/// opens, in the sessions that subscribed to it.
pub fn legacy_server(questions: usize, told: &Gate) -> Scripted {
    let (sessions, told) = (AtomicUsize::new(0), told.clone());
    let gates: Vec<Gate> = (0..questions).map(|_| Gate::new()).collect();
    Scripted::start(move |request| {
        let session = request.header("mcp-session-id");
        match request.rpc_method().as_str() {
            "" if request.method == "GET" && !session.is_empty() => {
                let reply = Reply::sse().chunk(": here\n\n").wait(&told);
                reply.event(&updated()).hang()
            }
            "server/discover" => Reply::error(request, 400, -32600, "no session"),
            "initialize" => handshake(request, sessions.fetch_add(1, Ordering::SeqCst)),
            "tools/call" => {
                let mut reply = Reply::sse();
                for (number, gate) in gates.iter().enumerate() {
                    reply = reply.event(&question(number)).wait(gate);
                }
                let text = "x".repeat(LONG);
                let result = json!({"content": [{"type": "text", "text": text}]});
                reply
                    .event(&json!({"jsonrpc": "2.0", "id": request.id(), "result": result}))
                    .last_chunk()
            }
            "resources/list" => {
                Reply::result(request, &json!({"resources": [{"uri": NOTE, "name": "a"}]}))
            }
            "resources/subscribe" | "resources/unsubscribe" => Reply::result(request, &json!({})),
            "" if !request.id().is_null() => {
                let answered =
                    request.id().as_str().and_then(|id| id.strip_prefix("q-")?.parse().ok());
                if let Some(gate) = answered.and_then(|number: usize| gates.get(number)) {
                    gate.open();
                }
                Reply::bytes().send("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            }
            _ => answer_handshake(request)
                .unwrap_or_else(|| Reply::error(request, 200, -32601, "no")),
        }
    })
}

fn handshake(request: &ScriptedRequest, number: usize) -> Reply {
    let result = json!({
        "protocolVersion": "2025-11-25", "serverInfo": {"name": "asking", "version": "1"},
        "capabilities": {"tools": {}, "resources": {"subscribe": true}},
    });
    let body = json!({"jsonrpc": "2.0", "id": request.id(), "result": result}).to_string();
    Reply::bytes().send(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nmcp-session-id: s-{number}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

fn question(number: usize) -> Value {
    json!({
        "jsonrpc": "2.0", "id": format!("q-{number}"), "method": "elicitation/create",
        "params": {
            "mode": "form", "message": format!("Question {number}?"),
            "requestedSchema": {"type": "object"},
        },
    })
}

fn updated() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": NOTE}})
}

/// A server of the modern era that asks once by its result.
pub fn modern_server() -> Scripted {
    Scripted::start(|request| {
        if request.rpc_method() != "tools/call" {
            return answer_handshake(request)
                .unwrap_or_else(|| Reply::error(request, 404, -32601, "no"));
        }
        let result = if request.json()["params"]["inputResponses"].is_null() {
            json!({
                "resultType": "input_required", "requestState": "1",
                "inputRequests": {"who": {
                    "method": "elicitation/create",
                    "params": question(0)["params"],
                }},
            })
        } else {
            json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]})
        };
        Reply::result(request, &result)
    })
}
