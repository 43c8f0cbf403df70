//! What such a server says to a message.

use serde_json::{Value, json};

/// How a server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conduct {
    /// It wants a handshake, and refuses what it does not know.
    Legacy,
    /// It wants a handshake, and ends the connection at a first word that is none.
    Touchy,
    /// It speaks 2026-07-28.
    Modern,
}

/// What comes of a message.
#[derive(Debug, Default)]
pub struct Reaction {
    /// What is said, in order.
    pub say: Vec<String>,
    /// Whether the connection ends then.
    pub ends: bool,
}

impl Reaction {
    fn saying(messages: impl IntoIterator<Item = Value>) -> Self {
        Self { say: messages.into_iter().map(|message| message.to_string()).collect(), ends: false }
    }
}

/// Answers a message that arrived over one connection. Its tools:
///
/// - `echo`: says the text back
/// - `whoami`: says the connection's number
/// - `steps`: tells progress twice, then answers
/// - `ask`: asks the client something; its answer is the result
/// - `silent`: says nothing; `die`: ends the connection
/// - `noise`: sends what is no message; `long`: sends so many bytes
pub fn react(conduct: Conduct, connection: usize, message: &Value) -> Reaction {
    let id = &message["id"];
    let result =
        |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": completed(conduct, result)});
    match message["method"].as_str() {
        Some("server/discover") if conduct == Conduct::Touchy => {
            Reaction { say: Vec::new(), ends: true }
        }
        Some("server/discover") if conduct == Conduct::Modern => {
            Reaction::saying([result(json!({
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}},
                "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "peer", "version": "1"}},
            }))])
        }
        Some("initialize") if conduct != Conduct::Modern => Reaction::saying([result(json!({
            "protocolVersion": "2024-11-05",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "peer", "version": "1"},
        }))]),
        Some("ping") => Reaction::saying([result(json!({}))]),
        Some("tools/list") => Reaction::saying([result(json!({"tools": tools()}))]),
        Some("tools/call") => call(connection, message, &result),
        Some(method) if method.starts_with("notifications/") => Reaction::default(),
        // The answer to what `ask` asked: its id is that of the call behind a word.
        None => {
            let Some(call) = id.as_str().and_then(|id| id.strip_prefix("ask-")) else {
                return Reaction::default();
            };
            let call: Value = serde_json::from_str(call).unwrap_or_default();
            let content =
                message.pointer("/result/content").map_or_else(String::new, Value::to_string);
            let result = completed(conduct, text(&content));
            Reaction::saying([json!({"jsonrpc": "2.0", "id": call, "result": result})])
        }
        Some(_) => Reaction::saying([json!({
            "jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no such method"},
        })]),
    }
}

fn call(connection: usize, message: &Value, result: &dyn Fn(Value) -> Value) -> Reaction {
    let (params, id) = (&message["params"], &message["id"]);
    let argument = params.pointer("/arguments/text").and_then(Value::as_str).unwrap_or_default();
    match params["name"].as_str().unwrap_or_default() {
        "echo" => Reaction::saying([result(text(argument))]),
        "whoami" => Reaction::saying([result(text(&connection.to_string()))]),
        "steps" => {
            let token = params.pointer("/_meta/progressToken");
            let step = |step: u8| {
                json!({"jsonrpc": "2.0", "method": "notifications/progress",
                       "params": {"progressToken": token, "progress": step, "total": 2}})
            };
            Reaction::saying([step(1), step(2), result(text(argument))])
        }
        "ask" => Reaction::saying([json!({
            "jsonrpc": "2.0", "id": format!("ask-{id}"), "method": "elicitation/create",
            "params": {"message": "your name?", "requestedSchema": {"type": "object", "properties": {}}},
        })]),
        "die" => Reaction { say: Vec::new(), ends: true },
        "noise" => Reaction { say: vec!["this is no message".to_owned()], ends: false },
        "long" => {
            let bytes = argument.parse().unwrap_or_default();
            Reaction::saying([result(text(&"x".repeat(bytes)))])
        }
        _ => Reaction::default(),
    }
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// Adds what 2026-07-28 demands of a result.
fn completed(conduct: Conduct, mut result: Value) -> Value {
    if let (Conduct::Modern, Some(members)) = (conduct, result.as_object_mut()) {
        members.insert("resultType".to_owned(), json!("complete"));
        members.insert("ttlMs".to_owned(), json!(0));
        members.insert("cacheScope".to_owned(), json!("private"));
    }
    result
}

fn tools() -> Vec<Value> {
    ["echo", "whoami", "steps", "ask", "silent", "die", "noise", "long"]
        .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
        .into()
}
