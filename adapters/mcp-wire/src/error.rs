//! JSON-RPC errors that we answer with, and the HTTP status that goes with each.
//!
//! One constructor per rule, so that code and status are paired in one place (2026-07-28,
//! "Transports: response contract"; JSON-RPC 2.0 §5.1). Codes of our own lie outside the range
//! that JSON-RPC reserves: -33010 forbidden, -33011 rate limited, -33012 unauthenticated; each has
//! the code word of the REST errors (`INSUFFICIENT_PERMISSIONS`, …) in `data.error`.

use serde_json::{Value, json};

use crate::revision::{Era, Revision};

/// The most characters of a peer's text that an answer of ours repeats.
const MAX_ECHO_CHARS: usize = 100;

/// The most characters of a whole message, whatever its maker put into it.
const MAX_MESSAGE_CHARS: usize = 500;

/// The word for a server that its caller did not connect, or is connected to no more.
pub const NOT_CONNECTED: &str = "UPSTREAM_CONNECTION_REQUIRED";

/// A JSON-RPC error of ours: its code, its HTTP status, and what to say.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    /// The JSON-RPC code.
    pub code: i64,
    /// The HTTP status that the transport answers with.
    pub http_status: u16,
    /// What is wrong, in words that name the field and the rule.
    pub message: String,
    /// What it is in the product's own vocabulary, the same as in the REST API's `error`: it goes
    /// into `data.error` and into records.
    pub word: &'static str,
    /// More, for programs: an object.
    pub data: Option<Box<Value>>,
}

impl WireError {
    fn new(code: i64, http_status: u16, word: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        message.truncate(prefix(&message, MAX_MESSAGE_CHARS).len());
        Self { code, http_status, message, word, data: None }
    }

    /// The body is no JSON, or not UTF-8: -32700, 400.
    pub fn parse() -> Self {
        Self::new(-32700, 400, "MALFORMED_JSON", "the body is not valid JSON in UTF-8")
    }

    /// The body is JSON but no JSON-RPC message that we take: -32600, 400.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(-32600, 400, "BAD_REQUEST", message)
    }

    /// The body is an array: -32600, 400. Only revision 2025-03-26 had batches.
    pub fn batch() -> Self {
        Self::invalid("a batch (JSON array) is not accepted: send one message per request")
    }

    /// A mirrored header is missing, doubled, malformed or differs from the body: -32020, 400.
    pub fn header_mismatch(message: impl Into<String>) -> Self {
        Self::new(-32020, 400, "BAD_REQUEST", message)
    }

    /// The version that `_meta` claims is not one without a handshake that we speak: -32022, 400.
    ///
    /// `data` is `{"supported": [...], "requested": "..."}` as the specification demands; it names
    /// the versions with a handshake too, since those are served at the same address.
    pub fn unsupported_version(requested: &str) -> Self {
        Self::new(-32022, 400, "BAD_REQUEST", "unsupported protocol version").with_data(json!({
            "supported": supported_versions(),
            "requested": echo(requested),
        }))
    }

    /// The version header is none that we know: -32600, 400, with the versions that we speak.
    pub fn unknown_version_header(requested: &str) -> Self {
        let supported = supported_versions();
        Self::invalid(format!(
            "unknown MCP-Protocol-Version \"{}\"; supported: {}",
            echo(requested),
            supported.join(", ")
        ))
        .with_data(json!({ "supported": supported, "requested": echo(requested) }))
    }

    /// A required `_meta` key is missing or malformed: -32602, 400.
    pub fn missing_meta(message: impl Into<String>) -> Self {
        Self::new(-32602, 400, "VALIDATION_ERROR", message)
    }

    /// Parameters are wrong, or name what does not exist: -32602, 200.
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(-32602, 200, "VALIDATION_ERROR", message)
    }

    /// There is no such method: -32601, with 404 in the modern era and 200 in the legacy one.
    pub fn unknown_method(method: &str, era: Era) -> Self {
        let http_status = match era {
            Era::Legacy => 200,
            Era::Modern => 404,
        };
        let message = format!("method not found: \"{}\"", echo(method));
        Self::new(-32601, http_status, "NOT_FOUND", message)
    }

    /// The address names a server that is not there for this caller: -32602, 404.
    pub fn unknown_server(name: &str) -> Self {
        let message = format!("unknown server: \"{}\"", echo(name));
        Self::new(-32602, 404, "SERVER_NOT_FOUND", message)
    }

    /// No such collection, as far as the caller may know: -32602, 404.
    pub fn unknown_collection(slug: &str) -> Self {
        let message = format!("unknown collection: \"{}\"", echo(slug));
        Self::new(-32602, 404, "NOT_FOUND", message)
    }

    /// The session is not there, or not the caller's: -32600, 404. The client begins anew.
    pub fn unknown_session() -> Self {
        Self::new(-32600, 404, "NOT_FOUND", "unknown session: send initialize to begin a new one")
    }

    /// Nothing can be taken right now: -32603, 503.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(-32603, 503, "SERVER_UNAVAILABLE", message)
    }

    /// The caller may not: -33010, 403. `data` says which roles may, and which the caller has.
    pub fn forbidden(message: &str, may: &[&str], has: &[&str], operation: &str) -> Self {
        Self::new(-33010, 403, "INSUFFICIENT_PERMISSIONS", message).with_data(json!({
            "required_roles": may,
            "user_roles": has,
            "operation": operation,
        }))
    }

    /// The upstream could not be asked, or failed: -32603, 200, with a word that says how, e.g.
    /// `TIMEOUT_ERROR`.
    pub fn upstream(word: &'static str, message: impl Into<String>) -> Self {
        Self::new(-32603, 200, word, message)
    }

    /// The caller has to let us use a server, at an address that their client opens: -32042, 200
    /// (2025-11-25, "URL Mode With Elicitation Required Error"). Never from 2026-07-28 on.
    pub fn address_to_open(url: &str, message: &str, elicitation_id: &str) -> Self {
        Self::new(-32042, 200, NOT_CONNECTED, message).with_data(json!({
            "elicitations": [{
                "mode": "url",
                "elicitationId": elicitation_id,
                "url": url,
                "message": message,
            }],
        }))
    }

    /// The same for a client that opens none: -32603, 200, with the address for programs.
    pub fn not_connected(url: &str, message: impl Into<String>) -> Self {
        Self::new(-32603, 200, NOT_CONNECTED, message).with_data(json!({ "connect_url": url }))
    }

    /// The server failed so often that it is left alone for a while: -32603, 503.
    pub fn circuit_open(message: impl Into<String>) -> Self {
        Self::new(-32603, 503, "CIRCUIT_BREAKER_OPEN", message)
    }

    /// No server that may be reached can do it: -32601, 200.
    pub fn no_compatible_server() -> Self {
        Self::new(-32601, 200, "NO_COMPATIBLE_SERVER", "Method not found")
            .with_data(json!({ "details": "No compatible servers found for this method" }))
    }

    /// A proxied call was not answered by its server: -32603, 200, with the word as the reason.
    pub fn not_proxied(word: &'static str, message: impl Into<String>) -> Self {
        Self::new(-32603, 200, word, message).with_data(json!({ "reason": word }))
    }

    /// Somebody cancelled the call: -32800, 200.
    pub fn cancelled() -> Self {
        Self::new(-32800, 200, "REQUEST_CANCELLED", "the request was cancelled")
            .with_data(json!({ "reason": "REQUEST_CANCELLED" }))
    }

    /// The same error with more data: an object.
    #[must_use]
    fn with_data(mut self, data: Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// The JSON-RPC error object:
    /// `{"jsonrpc":"2.0","id":…,"error":{"code","message","data":{"error",…}}}`.
    ///
    /// `id_json` is the request's id as raw JSON text (`Envelope::id_json`), written verbatim.
    pub fn to_json(&self, id_json: &str) -> Vec<u8> {
        let mut data = json!({ "error": self.word });
        if let (Some(Value::Object(more)), Some(members)) =
            (self.data.as_deref(), data.as_object_mut())
        {
            members.extend(more.clone());
        }
        let error = json!({ "code": self.code, "message": self.message, "data": data });
        format!(r#"{{"jsonrpc":"2.0","id":{id_json},"error":{error}}}"#).into_bytes()
    }
}

/// A peer's text as an answer may repeat it: at most 100 characters, cut between characters.
pub fn echo(text: &str) -> &str {
    prefix(text, MAX_ECHO_CHARS)
}

fn prefix(text: &str, max_chars: usize) -> &str {
    let end = text.char_indices().nth(max_chars).map_or(text.len(), |(index, _)| index);
    text.get(..end).unwrap_or_default()
}

fn supported_versions() -> [&'static str; 5] {
    Revision::ALL.map(Revision::as_str)
}

#[cfg(test)]
mod tests;
