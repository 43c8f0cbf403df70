//! The polite part of a scripted MCP server: who it is and what it offers, in both eras.

use serde_json::{Value, json};

use super::{http_text::ScriptedRequest, scripted_reply::Reply};

/// Answers `server/discover`, `initialize` (without a session), notifications and the list methods
/// (one tool, `echo`); `None` for everything else, so that a script can misbehave just there.
pub fn answer_handshake(request: &ScriptedRequest) -> Option<Reply> {
    if request.method != "POST" {
        return Some(Reply::new(405, "text/plain", "POST only"));
    }
    let method = request.rpc_method();
    let result = match method.as_str() {
        "server/discover" => json!({
            "supportedVersions": ["2026-07-28", "2025-11-25"],
            "capabilities": { "tools": {} },
            "_meta": { "io.modelcontextprotocol/serverInfo": server_info() },
        }),
        "initialize" => json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "tools": {} },
            "serverInfo": server_info(),
        }),
        "ping" => json!({}),
        "tools/list" => json!({ "tools": [echo_tool()] }),
        "resources/list" => json!({ "resources": [] }),
        "resources/templates/list" => json!({ "resourceTemplates": [] }),
        "prompts/list" => json!({ "prompts": [] }),
        _ if method.starts_with("notifications/") => {
            return Some(Reply::bytes().send("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"));
        }
        _ => return None,
    };
    Some(Reply::result(request, &completed(request, result)))
}

/// Adds what the modern era demands of a complete, cacheable result.
fn completed(request: &ScriptedRequest, mut result: Value) -> Value {
    let modern = request.header("mcp-protocol-version") == "2026-07-28";
    if let (true, Some(members)) = (modern, result.as_object_mut()) {
        members.insert("resultType".to_owned(), json!("complete"));
        members.insert("ttlMs".to_owned(), json!(0));
        members.insert("cacheScope".to_owned(), json!("private"));
    }
    result
}

fn server_info() -> Value {
    json!({ "name": "scripted", "version": "1.0.0" })
}

fn echo_tool() -> Value {
    json!({
        "name": "echo",
        "description": "Says the text back",
        "inputSchema": {
            "type": "object",
            "properties": { "text": { "type": "string" } },
            "required": ["text"],
        },
    })
}
