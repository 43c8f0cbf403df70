//! A real MCP server, made with the official SDK and served by hyper on a random loopback port.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::{
    model::ProtocolVersion,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio::net::TcpStream;

use super::{
    meter::{Meter, Seen},
    running::Running,
    tools::Tools,
    workbench::Workbench,
};

type Service = StreamableHttpService<Tools, LocalSessionManager>;

/// Which revisions the server admits to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Era {
    /// 2024-11-05 to 2026-07-28.
    #[default]
    Both,
    /// 2024-11-05 to 2025-11-25, as a server that was written then: it knows nothing newer and
    /// answers 400 to an unknown `MCP-Protocol-Version`.
    LegacyOnly,
    /// 2024-11-05 to 2025-11-25, by a server that knows the modern era: it answers −32022.
    LegacyKnowing,
    /// 2026-07-28 alone: `initialize` is refused.
    ModernOnly,
}

impl Era {
    /// The revisions, as the SDK names them.
    pub(super) fn versions(self) -> &'static [ProtocolVersion] {
        match self {
            Self::Both => ProtocolVersion::KNOWN_VERSIONS,
            Self::LegacyOnly | Self::LegacyKnowing => {
                ProtocolVersion::known_up_to(&ProtocolVersion::V_2025_11_25)
            }
            Self::ModernOnly => &[ProtocolVersion::V_2026_07_28],
        }
    }
}

/// How the server behaves; `RmcpOptions::default()` is the SDK's own default.
#[derive(Clone, Copy, Debug)]
pub struct RmcpOptions {
    /// Whether legacy clients get a session (`Mcp-Session-Id`).
    pub legacy_session_mode: bool,
    /// Whether simple answers are JSON instead of a one-event SSE stream.
    pub json_response: bool,
    /// The revisions it admits to.
    pub era: Era,
    /// Whether it has the tool `ask`, which asks the caller's user.
    pub asks: bool,
    /// The port; 0 for any. A server that was stopped can come back on its old port.
    pub port: u16,
}

impl Default for RmcpOptions {
    fn default() -> Self {
        Self {
            legacy_session_mode: true,
            json_response: false,
            era: Era::Both,
            asks: false,
            port: 0,
        }
    }
}

/// The running server; dropping it closes its port and every connection.
pub struct RmcpServer {
    running: Running,
    meter: Meter,
    workbench: Workbench,
}

impl RmcpServer {
    /// Starts it; it listens when this returns.
    pub fn start(options: RmcpOptions) -> Self {
        let workbench = Workbench::default();
        let tools = Tools::new(options.era, options.asks, workbench.clone());
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(options.legacy_session_mode)
            .with_json_response(options.json_response)
            // Loopback names only, with any port: what a careful upstream sets.
            .with_allowed_hosts(["127.0.0.1", "localhost"]);
        let sessions = Arc::new(LocalSessionManager::default());
        let service = Service::new(move || Ok(tools.clone()), sessions, config);
        let meter = Meter::default();
        let metered = meter.clone();
        let running = Running::start(options.port, move |socket| {
            metered.connected();
            serve(socket, service.clone(), metered.clone(), options.era)
        });
        Self { running, meter, workbench }
    }

    /// Its endpoint, such as `http://127.0.0.1:54321/mcp`.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.running.address())
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// HTTP requests so far.
    pub fn requests(&self) -> usize {
        self.meter.requests()
    }

    /// TCP connections accepted so far.
    pub fn connections(&self) -> usize {
        self.meter.connections()
    }

    /// Every request so far, as it arrived.
    pub fn seen(&self) -> Vec<Seen> {
        self.meter.seen()
    }

    /// The requests of one JSON-RPC method so far.
    pub fn seen_of(&self, rpc_method: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.rpc_method() == rpc_method).collect()
    }

    /// The handles on its tools: the gate of `slow`, changed and hidden definitions.
    pub fn workbench(&self) -> &Workbench {
        &self.workbench
    }

    /// Closes its port and every connection now.
    pub fn stop(&mut self) {
        self.running.stop();
    }
}

async fn serve(socket: TcpStream, service: Service, meter: Meter, era: Era) {
    let answer = service_fn(|request| answer(request, &service, &meter, era));
    // A broken connection is the client's affair; the test sees it in what it asserts.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(socket), answer)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    service: &Service,
    meter: &Meter,
    era: Era,
) -> Result<Response<BoxBody<Bytes, Infallible>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    meter.record(Seen {
        method: head.method.clone(),
        path: head.uri.to_string(),
        headers: head.headers.clone(),
        body: body.clone(),
    });
    let version = head.headers.get("mcp-protocol-version").map(HeaderValue::as_bytes);
    if era == Era::LegacyOnly && version == Some(b"2026-07-28") {
        return Ok(unknown_version());
    }
    Ok(service.handle(Request::from_parts(head, Full::new(body))).await)
}

/// What the SDKs of 2025 answered to a revision that they had never heard of.
fn unknown_version() -> Response<BoxBody<Bytes, Infallible>> {
    const BODY: &str = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Unsupported protocol version"},"id":null}"#;
    let mut response = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())).boxed());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
