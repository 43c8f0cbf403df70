//! `Upstream`: addresses whose manifests are known. This service lists servers and routes to
//! them; it does not call them itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use registry_domain::caller::Permit;
use registry_domain::manifest::{Definition, DefinitionKind, FaultClass, Manifest};
use registry_domain::ports::{
    Dial, OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;

/// What each address offers.
#[derive(Debug, Default)]
pub(crate) struct FixedUpstream {
    manifests: BTreeMap<String, Manifest>,
}

impl FixedUpstream {
    /// One server with two tools.
    ///
    /// # Errors
    /// Says which definition does not read.
    pub(crate) fn with_weather() -> Result<Self, String> {
        let tools = [
            r#"{"name":"forecast","inputSchema":{"type":"object"}}"#,
            r#"{"name":"warnings","inputSchema":{"type":"object"}}"#,
        ];
        let tools: Vec<Definition> = tools
            .into_iter()
            .map(|text| Definition::parse(DefinitionKind::Tool, text.into()))
            .collect::<Result<_, _>>()?;
        let address = "https://weather.example.com/mcp".to_owned();
        Ok(Self { manifests: BTreeMap::from([(address, Manifest::new(tools))]) })
    }
}

fn nobody_there() -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::Unreachable,
        detail: "nothing answers at this address".to_owned(),
        request_sent: false,
    }
}

#[async_trait]
impl Upstream for FixedUpstream {
    async fn open(&self, _dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
        Err(nobody_there())
    }

    async fn probe(&self, dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        self.discover(dial).await.map(drop)
    }

    async fn send(
        &self,
        _server: &Permit<Arc<ServerEntry>>,
        _request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        Err(nobody_there())
    }

    async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
        self.manifests.get(dial.endpoint.as_str()).cloned().ok_or_else(nobody_there)
    }
}
