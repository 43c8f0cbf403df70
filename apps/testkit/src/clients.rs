//! The official SDK's client, in both eras, over streamable HTTP.
//!
//! ```no_run
//! # async fn example() {
//! use registry_testkit::clients::{call, modern_client};
//! let client = modern_client("http://127.0.0.1:8001/mcp", "token").await.expect("a session");
//! let tools = client.list_all_tools().await.expect("tools");
//! let echoed = client.call_tool(call("files__echo", serde_json::json!({ "text": "hi" }))).await;
//! # }
//! ```

use std::sync::Arc;

use parking_lot::Mutex;
use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam, ProtocolVersion},
    service::{ClientInitializeError, NotificationContext, RunningService},
    transport::{
        StreamableHttpClientTransport, Transport,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::Value;

/// A running SDK client: `list_all_tools()`, `call_tool(call(…))`, `cancel()`, …
pub type Client = RunningService<RoleClient, Notified>;

/// The client's side of the conversation: it keeps what the server tells unasked.
#[derive(Clone, Debug, Default)]
pub struct Notified {
    progress: Arc<Mutex<Vec<ProgressNotificationParam>>>,
    tool_list_changes: Arc<Mutex<usize>>,
}

impl Notified {
    /// The progress notifications so far.
    pub fn progress(&self) -> Vec<ProgressNotificationParam> {
        self.progress.lock().clone()
    }

    /// How often the server said that its tools changed.
    pub fn tool_list_changes(&self) -> usize {
        *self.tool_list_changes.lock()
    }
}

impl ClientHandler for Notified {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.progress.lock().push(params);
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        *self.tool_list_changes.lock() += 1;
    }
}

/// A client of the 2026-07-28 era: `server/discover`, then self-contained requests.
///
/// # Errors
/// The server refused, or does not speak this era.
pub async fn modern_client(url: &str, token: &str) -> Result<Client, ClientInitializeError> {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    connect(url, token, ClientLifecycleMode::Discover { preferred_versions }).await
}

/// A client of the eras with a handshake: `initialize`, then a session if the server gives one.
///
/// # Errors
/// The server refused, or does not speak this era.
pub async fn legacy_client(url: &str, token: &str) -> Result<Client, ClientInitializeError> {
    connect(url, token, ClientLifecycleMode::Initialize).await
}

/// A client that finds out which era the server speaks, as most clients in the field do.
///
/// # Errors
/// The server refused both eras.
pub async fn auto_client(url: &str, token: &str) -> Result<Client, ClientInitializeError> {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    connect(url, token, ClientLifecycleMode::Auto { preferred_versions, legacy_version: None })
        .await
}

/// A tool call's parameters.
pub fn call(tool: &str, arguments: Value) -> CallToolRequestParams {
    let params = CallToolRequestParams::new(tool.to_owned());
    match arguments {
        Value::Object(arguments) => params.with_arguments(arguments),
        _ => params,
    }
}

/// The texts of a result, joined.
pub fn text_of(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| Some(block.as_text()?.text.as_str())).collect()
}

/// A client with a handler of the test's own, of the modern era or of the newest before it.
///
/// # Errors
/// The server refused, or does not speak this era.
pub async fn connect_as<H: ClientHandler>(
    handler: H,
    url: &str,
    token: &str,
    modern: bool,
) -> Result<RunningService<RoleClient, H>, ClientInitializeError> {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = if modern {
        ClientLifecycleMode::Discover { preferred_versions }
    } else {
        ClientLifecycleMode::Initialize
    };
    handler.serve_with_lifecycle(transport(url, token), lifecycle).await
}

async fn connect(
    url: &str,
    token: &str,
    lifecycle: ClientLifecycleMode,
) -> Result<Client, ClientInitializeError> {
    Notified::default().serve_with_lifecycle(transport(url, token), lifecycle).await
}

fn transport(url: &str, token: &str) -> impl Transport<RoleClient> + 'static {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    if !token.is_empty() {
        config = config.auth_header(token);
    }
    StreamableHttpClientTransport::from_config(config)
}
