//! Counts what looking at upstreams comes to: discovery, and the question whether they are well.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::caller::Permit;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::Manifest;
use registry_domain::ports::{OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest};
use registry_domain::routing::ServerEntry;

/// An upstream client whose discoveries and probes are counted. Calls are counted on the call path.
pub(crate) struct MeteredUpstream(pub(crate) Arc<dyn Upstream>);

fn result_of<T>(done: &Result<T, UpstreamFailure>) -> &'static str {
    done.as_ref().map_or_else(|failure| failure.class.as_str(), |_| "success")
}

fn count_discovery<T>(done: &Result<T, UpstreamFailure>) {
    metrics::counter!("mcp_registry_discoveries_total", "result" => result_of(done)).increment(1);
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Upstream for MeteredUpstream {
    async fn open(&self, endpoint: &EndpointUrl) -> Result<OpenedUpstream, UpstreamFailure> {
        self.0.open(endpoint).await
    }

    async fn open_for(
        &self,
        endpoint: &EndpointUrl,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        self.0.open_for(endpoint, capabilities).await
    }

    async fn probe(&self, endpoint: &EndpointUrl) -> Result<(), UpstreamFailure> {
        let done = self.0.probe(endpoint).await;
        metrics::counter!("mcp_registry_probes_total", "result" => result_of(&done)).increment(1);
        done
    }

    async fn send(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        self.0.send(server, request).await
    }

    async fn listen(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        self.0.listen(server, request).await
    }

    async fn discover(&self, endpoint: &EndpointUrl) -> Result<Manifest, UpstreamFailure> {
        let done = self.0.discover(endpoint).await;
        count_discovery(&done);
        done
    }

    async fn discover_within(
        &self,
        endpoint: &EndpointUrl,
        patience: Duration,
    ) -> Result<Manifest, UpstreamFailure> {
        let done = self.0.discover_within(endpoint, patience).await;
        count_discovery(&done);
        done
    }
}
