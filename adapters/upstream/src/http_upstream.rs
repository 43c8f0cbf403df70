//! The client of upstreams over streamable HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use registry_domain::caller::Permit;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::Manifest;
use registry_domain::ports::{
    MessageHead, OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;

use crate::ask::Inquiry;
use crate::connect::{self, Pool};
use crate::outgoing::Outgoing;
use crate::settings::UpstreamSettings;
use crate::target::{Target, Targets};
use crate::{discover, fault, head, open, reply};

/// Speaks with upstreams over streamable HTTP, through a pool of connections of its own.
pub struct HttpUpstream {
    pub(crate) settings: UpstreamSettings,
    pool: Pool,
    targets: Targets,
    agent: HeaderValue,
}

impl HttpUpstream {
    /// Makes a client. It opens connections when it is first used, in the runtime that uses it.
    pub fn new(settings: UpstreamSettings) -> Self {
        let agent = format!("{}/{}", settings.client_name, settings.client_version);
        Self {
            pool: connect::pool(&settings),
            targets: Targets::default(),
            agent: HeaderValue::try_from(agent)
                .unwrap_or_else(|_| HeaderValue::from_static("mcp-registry-gateway")),
            settings,
        }
    }

    /// Posts a message; answers when the reply's head has arrived.
    pub(crate) async fn post(
        &self,
        target: &Target,
        message: MessageHead,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let headers = head::of_message(target, &self.agent, message);
        self.exchange(target, Method::POST, headers, Outgoing::message(body), timeout).await
    }

    /// Asks for the endpoint's stream of events.
    pub(crate) async fn listen(
        &self,
        target: &Target,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let headers = head::of_listening(target, &self.agent);
        self.exchange(target, Method::GET, headers, Outgoing::nothing(), timeout).await
    }

    /// Ends a legacy session.
    pub(crate) async fn end_session(
        &self,
        target: &Target,
        revision: Option<String>,
        session: String,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let headers = head::of_request(target, &self.agent, revision, Some(session));
        self.exchange(target, Method::DELETE, headers, Outgoing::nothing(), timeout).await
    }

    /// The one place from which requests leave.
    async fn exchange(
        &self,
        target: &Target,
        method: Method,
        headers: HeaderMap,
        body: Outgoing,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let handover = body.handover();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = target.uri.clone();
        *request.headers_mut() = headers;
        match tokio::time::timeout(timeout, self.pool.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(fault::of_exchange(&error, handover.abandon())),
            Err(_) => Err(fault::too_slow(handover.abandon())),
        }
    }

    /// Bounds what is asked of a server as a whole.
    async fn within<T>(
        &self,
        asking: impl Future<Output = Result<T, UpstreamFailure>> + Send,
    ) -> Result<T, UpstreamFailure> {
        match tokio::time::timeout(self.settings.discovery_timeout, asking).await {
            Ok(answered) => answered,
            Err(_) => Err(fault::too_slow(true)),
        }
    }
}

#[async_trait]
impl Upstream for HttpUpstream {
    async fn open(&self, endpoint: &EndpointUrl) -> Result<OpenedUpstream, UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, endpoint)?;
        self.within(open::open(&mut inquiry)).await
    }

    async fn open_for(
        &self,
        endpoint: &EndpointUrl,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, endpoint)?;
        self.within(open::open_for(&mut inquiry, capabilities)).await
    }

    async fn probe(&self, endpoint: &EndpointUrl) -> Result<(), UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, endpoint)?;
        open::probe(&mut inquiry).await
    }

    async fn send(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let target = self.targets.of(server.of(), self.settings.egress)?;
        let response = self.post(&target, request.head, request.body, request.timeout).await?;
        Ok(reply::of_response(response, request.pause))
    }

    async fn discover(&self, endpoint: &EndpointUrl) -> Result<Manifest, UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, endpoint)?;
        self.within(discover::discover(&mut inquiry)).await
    }

    async fn discover_within(
        &self,
        endpoint: &EndpointUrl,
        patience: Duration,
    ) -> Result<Manifest, UpstreamFailure> {
        match tokio::time::timeout(patience, self.discover(endpoint)).await {
            Ok(read) => read,
            Err(_) => Err(fault::too_slow(true)),
        }
    }
}

impl fmt::Debug for HttpUpstream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HttpUpstream").field("settings", &self.settings).finish_non_exhaustive()
    }
}
