//! A server that is not of our making: rmcp, in both eras.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::{App, HttpServer};
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::{DefinitionKind, Manifest};
use registry_domain::ports::{Dial, OpenedUpstream, Upstream, UpstreamEra};
use rmcp::model::{
    ErrorData, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::{RoleServer, ServerHandler};
use rmcp_actix_web::transport::StreamableHttpService;
use serde_json::json;

use crate::support::client;

/// An rmcp server of some revisions, with two tools on two pages.
#[derive(Clone)]
struct TwoTools(Cow<'static, [ProtocolVersion]>);

fn tool(name: &'static str) -> Tool {
    let schema = json!({"type": "object", "properties": {"größe": {"type": "number", "x": 1.5}}});
    Tool::new(name, "Says \"hello\" <twice>", schema.as_object().unwrap().clone())
        .with_title("Ünïcode")
}

impl ServerHandler for TwoTools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_instructions("Two tools.")
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.0.clone()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let first = request.and_then(|request| request.cursor).is_none();
        let mut page = ListToolsResult::with_all_items(vec![tool(if first { "a" } else { "b" })]);
        page.next_cursor = first.then(|| "2".to_owned());
        Ok(page)
    }
}

/// Runs the server while it is opened and discovered.
async fn look_at(versions: Cow<'static, [ProtocolVersion]>) -> (OpenedUpstream, Manifest) {
    let service = StreamableHttpService::builder()
        .service_factory(Arc::new(move || Ok(TwoTools(versions.clone()))))
        .session_manager(Arc::new(LocalSessionManager::default()))
        .build();
    let server =
        HttpServer::new(move || App::new().service(service.clone().scope_with_path("/mcp")))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
    let endpoint = format!("http://{}/mcp", server.addrs()[0]);
    let endpoint = EndpointUrl::parse(&endpoint).unwrap();
    let client = client();
    tokio::select! {
        stopped = server.run() => panic!("the server stopped: {stopped:?}"),
        seen = async {
            (client.open(Dial::plainly(&endpoint)).await.unwrap(), client.discover(Dial::plainly(&endpoint)).await.unwrap())
        } => seen,
    }
}

fn assert_two_tools(manifest: &Manifest) {
    let raws: Vec<&[u8]> = manifest.of(DefinitionKind::Tool).map(|one| &one.raw[..]).collect();
    let expected = ["a", "b"].map(|name| serde_json::to_vec(&tool(name)).unwrap());
    assert_eq!(raws, expected);
    assert_eq!(manifest.definitions().len(), 2);
}

#[tokio::test]
async fn a_modern_rmcp_server_is_discovered() {
    let versions = Cow::Borrowed(ProtocolVersion::KNOWN_VERSIONS);
    let (opened, manifest) = look_at(versions).await;
    assert_eq!((opened.era, opened.session), (UpstreamEra::Modern, None));
    assert_eq!(opened.instructions.as_deref(), Some("Two tools."));
    assert_two_tools(&manifest);
}

#[tokio::test]
async fn a_legacy_rmcp_server_is_discovered_in_a_session() {
    let versions = Cow::Owned(vec![ProtocolVersion::V_2025_11_25]);
    let (opened, manifest) = look_at(versions).await;
    assert_eq!((opened.era, opened.revision.as_str()), (UpstreamEra::Legacy, "2025-11-25"));
    assert!(opened.session.is_some());
    assert_two_tools(&manifest);
}
