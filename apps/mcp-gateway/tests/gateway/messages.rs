//! Messages letter by letter, for what a client library would tidy up.

use bytes::Bytes;
use http::Request;
use registry_testkit::upstreams::{Reply, ScriptedRequest, answer_handshake};

/// What a modern request carries, as members of `_meta`.
pub const MODERN_META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;

pub const BOTH: &str = "application/json, text/event-stream";

/// A modern request; `name` goes into `Mcp-Name` where it is not empty.
pub fn modern(method: &str, name: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request =
        builder().header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
    if !name.is_empty() {
        request = request.header("mcp-name", name);
    }
    request.body(body.into()).unwrap()
}

/// A legacy request of revision 2025-11-25.
pub fn legacy(body: impl Into<Bytes>) -> Request<Bytes> {
    builder().header("mcp-protocol-version", "2025-11-25").body(body.into()).unwrap()
}

/// A POST of JSON that accepts both kinds of answer.
pub fn builder() -> http::request::Builder {
    Request::post("/").header("content-type", "application/json").header("accept", BOTH)
}

/// A modern `tools/call` of `echo` (under the name that the door gives it), with this id.
pub fn modern_echo(id: &str, tool: &str) -> Request<Bytes> {
    let id = if id.is_empty() { String::new() } else { format!(r#""id":{id},"#) };
    let body = format!(
        r#"{{"jsonrpc":"2.0",{id}"method":"tools/call","params":{{"name":"{tool}","arguments":{{"text":"hi"}},"_meta":{{{MODERN_META}}}}}}}"#
    );
    modern("tools/call", tool, body)
}

/// The id of a request as it is spelled; it has to be the member behind `jsonrpc`.
pub fn id_text(request: &ScriptedRequest) -> String {
    let text = String::from_utf8_lossy(&request.body).into_owned();
    let (_, rest) = text.split_once(r#""id":"#).expect("an id");
    let end = rest.find(r#","method""#).expect("a method behind the id");
    rest[..end].to_owned()
}

/// Answers as [`answer_handshake`] does, but as a server that never heard of the modern era.
pub fn legacy_handshake(request: &ScriptedRequest) -> Option<Reply> {
    if request.rpc_method() == "server/discover" {
        return Some(Reply::error(request, 400, -32600, "no session"));
    }
    answer_handshake(request)
}
