//! The port `Upstream` over every transport: which client speaks with a server is its address's to
//! say.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::caller::Permit;
use registry_domain::endpoint::{EndpointUrl, Transport};
use registry_domain::manifest::{FaultClass, Manifest};
use registry_domain::ports::{
    Dial, OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;

use crate::fault;
use crate::http_upstream::HttpUpstream;
use crate::links::Links;
use crate::settings::UpstreamSettings;

/// Speaks with upstreams: over streamable HTTP by a pool of its own, else over the connections that
/// it shares with others.
#[derive(Debug)]
pub struct Upstreams {
    http: HttpUpstream,
    links: Arc<Links>,
}

impl Upstreams {
    /// Makes a client for one runtime.
    pub fn new(settings: UpstreamSettings, links: Arc<Links>) -> Self {
        let http = HttpUpstream::sharing(settings, Arc::clone(links.tokens()));
        Self { http, links }
    }

    /// The address as it is dialled over something else than streamable HTTP; `None` for that.
    fn other(&self, endpoint: &EndpointUrl) -> Option<EndpointUrl> {
        match endpoint.transport() {
            Transport::Http if self.links.speaks_old_http(endpoint) => Some(old(endpoint)),
            Transport::Http => None,
            Transport::Websocket | Transport::Sse | Transport::Stdio => Some(endpoint.clone()),
        }
    }

    /// Whether a server that does not speak streamable HTTP may speak the transport before it.
    fn may_be_old(&self, failure: &UpstreamFailure) -> bool {
        failure.class == FaultClass::WrongTransport && self.http.settings.legacy_sse
    }

    /// Keeps what was found out about an address of HTTP.
    fn noted<T, E>(&self, endpoint: &EndpointUrl, done: Result<T, E>) -> Result<T, E> {
        if endpoint.transport() == Transport::Http {
            self.links.note_old_http(endpoint, done.is_ok());
        }
        done
    }
}

fn old(endpoint: &EndpointUrl) -> EndpointUrl {
    endpoint.dialled_over(Transport::Sse)
}

/// The same server as it is dialled elsewhere.
fn at<'a>(dial: Dial<'a>, endpoint: &'a EndpointUrl) -> Dial<'a> {
    Dial { endpoint, ..dial }
}

async fn within<T>(
    patience: Duration,
    asking: impl Future<Output = Result<T, UpstreamFailure>> + Send,
) -> Result<T, UpstreamFailure> {
    tokio::time::timeout(patience, asking).await.unwrap_or_else(|_| Err(fault::too_slow(true)))
}

#[async_trait]
impl Upstream for Upstreams {
    async fn open(&self, dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
        self.open_for(dial, "{}").await
    }

    async fn open_for(
        &self,
        dial: Dial<'_>,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        let endpoint = dial.endpoint;
        let patience = self.http.settings.discovery_timeout;
        if let Some(other) = self.other(endpoint) {
            let opened = within(patience, self.links.open(at(dial, &other), capabilities)).await;
            return self.noted(endpoint, opened);
        }
        match self.http.open_for(dial, capabilities).await {
            Err(failure) if self.may_be_old(&failure) => {
                let other = old(endpoint);
                let opening = self.links.open(at(dial, &other), capabilities);
                let opened = within(patience, opening).await;
                self.noted(endpoint, opened).map_err(|_| failure)
            }
            opened => opened,
        }
    }

    async fn probe(&self, dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        let endpoint = dial.endpoint;
        let patience = self.http.settings.request_timeout;
        if let Some(other) = self.other(endpoint) {
            let probed = within(patience, self.links.probe(at(dial, &other))).await;
            return self.noted(endpoint, probed);
        }
        match self.http.probe(dial).await {
            Err(failure) if self.may_be_old(&failure) => {
                let other = old(endpoint);
                let probed = within(patience, self.links.probe(at(dial, &other))).await;
                self.noted(endpoint, probed).map_err(|_| failure)
            }
            probed => probed,
        }
    }

    async fn send(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let is_linked = server.of().endpoint.transport() != Transport::Http
            || request.head.session.as_deref().is_some_and(Links::is_ours);
        if is_linked {
            // Boxed: what is rarely called must not make every other call's future larger.
            return Box::pin(self.links.send(server.of(), request)).await;
        }
        self.http.call(server, request).await
    }

    async fn listen(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let is_linked = self.other(&server.of().endpoint).is_some()
            || request.head.session.as_deref().is_some_and(Links::is_ours);
        if is_linked {
            let detail = "what such a connection tells belongs to its calls";
            return Err(fault::failure(FaultClass::NotMcp, detail, false));
        }
        Upstream::listen(&self.http, server, request).await
    }

    async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
        let endpoint = dial.endpoint;
        let patience = self.http.settings.discovery_timeout;
        if let Some(other) = self.other(endpoint) {
            let read = within(patience, self.links.discover(at(dial, &other))).await;
            return self.noted(endpoint, read);
        }
        match self.http.discover(dial).await {
            Err(failure) if self.may_be_old(&failure) => {
                let other = old(endpoint);
                let read = within(patience, self.links.discover(at(dial, &other))).await;
                self.noted(endpoint, read).map_err(|_| failure)
            }
            read => read,
        }
    }

    async fn discover_within(
        &self,
        dial: Dial<'_>,
        patience: Duration,
    ) -> Result<Manifest, UpstreamFailure> {
        within(patience, self.discover(dial)).await
    }
}
