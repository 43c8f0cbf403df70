//! Counts what looking at upstreams comes to: discovery, and the question whether they are well.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::caller::Permit;
use registry_domain::manifest::Manifest;
use registry_domain::ports::{
    Dial, OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest,
};
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
    async fn open(&self, dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
        self.0.open(dial).await
    }

    async fn open_for(
        &self,
        dial: Dial<'_>,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        self.0.open_for(dial, capabilities).await
    }

    async fn probe(&self, dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        let done = self.0.probe(dial).await;
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

    async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
        let done = self.0.discover(dial).await;
        count_discovery(&done);
        done
    }

    async fn discover_within(
        &self,
        dial: Dial<'_>,
        patience: Duration,
    ) -> Result<Manifest, UpstreamFailure> {
        let done = self.0.discover_within(dial, patience).await;
        count_discovery(&done);
        done
    }
}
