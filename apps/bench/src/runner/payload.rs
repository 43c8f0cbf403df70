//! The request of the measurements: one modern `tools/call` of `echo`.

use serde_json::{Value, json};

const PROTOCOL: &str = "2026-07-28";

/// Which of the two texts the call carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    Small,
    Large,
}

/// A call and the text that its answer has to bring back.
#[derive(Clone, Debug)]
pub struct Payload {
    pub body: String,
    text: String,
}

impl Payload {
    /// A call with `bytes` bytes of plain text.
    pub fn new(bytes: usize) -> Self {
        let text: String = ('a'..='z').chain('0'..='9').cycle().take(bytes).collect();
        let body = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "echo",
                "arguments": { "text": text },
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
                },
            },
        });
        Self { body: body.to_string(), text }
    }

    /// The headers that go with it; `token` for the gateway.
    pub fn headers(token: Option<&str>) -> Vec<(String, String)> {
        let fixed = [
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", PROTOCOL),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "echo"),
        ];
        let bearer = token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
        fixed
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .chain(bearer)
            .collect()
    }

    /// Whether `answer` (JSON, or SSE with one event) is the echo of this call.
    pub fn is_echoed_by(&self, answer: &[u8]) -> bool {
        let text = String::from_utf8_lossy(answer);
        let json = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or(&text);
        let message: Value = serde_json::from_str(json).unwrap_or_default();
        let echoed = message.pointer("/result/content/0/text").and_then(Value::as_str);
        message.get("id") == Some(&json!(1)) && echoed == Some(&self.text)
    }
}
