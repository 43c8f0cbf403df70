//! One MCP message by hand, in either era: for what the SDK cannot say or would hide.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::{Value, json};

use crate::{Answer, Api, Event, EventStream};

const BOTH: &str = "application/json, text/event-stream";
const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

impl Api {
    /// A modern (2026-07-28) request, with the headers and `_meta` that this revision demands.
    pub async fn mcp(&self, path: &str, method: &str, params: Value) -> Answer {
        self.request(path, modern_request(method, params)).await
    }

    /// [`Api::mcp`], answered head first and read event by event.
    pub async fn mcp_open(&self, path: &str, method: &str, params: Value) -> EventStream {
        self.open(path, modern_request(method, params)).await
    }

    /// A modern `tools/call`.
    pub async fn call_tool(&self, path: &str, tool: &str, arguments: Value) -> Answer {
        self.mcp(path, "tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// [`Api::call_tool`] for loads under which connections may break.
    ///
    /// # Errors
    /// There was no whole answer within this time.
    pub async fn try_call_tool(
        &self,
        path: &str,
        tool: &str,
        arguments: Value,
        within: Duration,
    ) -> Result<Answer, String> {
        let params = json!({ "name": tool, "arguments": arguments });
        self.try_mcp(path, "tools/call", params, within).await
    }

    /// [`Api::mcp`] for loads under which connections may break.
    ///
    /// # Errors
    /// There was no whole answer within this time.
    pub async fn try_mcp(
        &self,
        path: &str,
        method: &str,
        params: Value,
        within: Duration,
    ) -> Result<Answer, String> {
        self.try_request(path, modern_request(method, params), within).await
    }

    /// [`Api::mcp_legacy`] for loads under which connections may break.
    ///
    /// # Errors
    /// There was no whole answer within this time.
    pub async fn try_legacy(
        &self,
        path: &str,
        session: Option<&str>,
        (method, params): (&str, Value),
        within: Duration,
    ) -> Result<Answer, String> {
        self.try_request(path, legacy_request(session, method, &params), within).await
    }

    /// A legacy (2025-11-25) request, in a session or in none.
    pub async fn mcp_legacy(
        &self,
        path: &str,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Answer {
        self.request(path, legacy_request(session, method, &params)).await
    }
}

impl Answer {
    /// The JSON-RPC response in this answer: the JSON body, or the last event of an SSE body.
    pub fn rpc(&self) -> Value {
        if !self.header("content-type").starts_with("text/event-stream") {
            return self.json();
        }
        let text = self.text().replace("\r\n", "\n");
        let last =
            text.split("\n\n").map(Event::parse).filter(|event| !event.data.is_empty()).last();
        last.unwrap_or_else(|| panic!("no event with data in {text:?}")).json()
    }
}

/// A modern request's bytes and headers, to be changed before it is sent with [`Api::request`].
pub(crate) fn modern_request(method: &str, mut params: Value) -> Request<Bytes> {
    let name = ["name", "uri", "taskId"].iter().find_map(|key| params.get(key)?.as_str());
    let name = name.map(str::to_owned);
    if let Some(members) = params.as_object_mut() {
        members.entry("_meta").or_insert_with(|| {
            json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "testkit", "version": "1" },
            })
        });
    }
    let mut request =
        rpc_request().header("mcp-protocol-version", MODERN).header("mcp-method", method);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    request.body(rpc_body(method, &params)).expect("a request")
}

fn legacy_request(session: Option<&str>, method: &str, params: &Value) -> Request<Bytes> {
    let mut request = rpc_request().header("mcp-protocol-version", LEGACY);
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    request.body(rpc_body(method, params)).expect("a request")
}

fn rpc_request() -> http::request::Builder {
    Request::builder()
        .method(Method::POST)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, BOTH)
}

/// A notification has no id.
fn rpc_body(method: &str, params: &Value) -> Bytes {
    let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    if let (false, Some(members)) = (method.starts_with("notifications/"), message.as_object_mut())
    {
        members.insert("id".to_owned(), json!(1));
    }
    message.to_string().into()
}
