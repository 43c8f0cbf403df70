//! The client of upstreams over streamable HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper::body::Incoming;
use registry_domain::caller::Permit;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::Manifest;
use registry_domain::ports::{
    MessageHead, OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;

use crate::ask::Inquiry;
use crate::below::{Found, Place, is_elsewhere};
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
    found: Found,
    pub(crate) agent: HeaderValue,
}

impl HttpUpstream {
    /// Makes a client. It opens connections when it is first used, in the runtime that uses it.
    pub fn new(settings: UpstreamSettings) -> Self {
        let agent = format!("{}/{}", settings.client_name, settings.client_version);
        Self {
            pool: connect::pool(&settings),
            targets: Targets::default(),
            found: Found::default(),
            agent: HeaderValue::try_from(agent)
                .unwrap_or_else(|_| HeaderValue::from_static("mcp-registry-gateway")),
            settings,
        }
    }

    /// Sends a message of the call path. Apart from the port's method, so that who wraps it makes
    /// no box of a box.
    pub(crate) async fn call(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let target = self.targets.of(server.of(), self.settings.egress)?;
        let response = self.post(&target, request.head, request.body, request.timeout).await?;
        Ok(reply::of_response(response, request.pause))
    }

    /// Posts a message; answers when the reply's head has arrived.
    pub(crate) async fn post(
        &self,
        target: &Target,
        message: MessageHead,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        // In a session 404 says that the session has ended.
        let is_settled = message.session.is_some();
        let headers = head::of_message(target, &self.agent, message);
        match &target.below {
            Some(below) if !is_settled => {
                self.post_to_host(&target.uri, below, headers, body, timeout).await
            }
            _ => {
                let body = Outgoing::message(body);
                self.exchange(self.uri_of(target), Method::POST, headers, body, timeout).await
            }
        }
    }

    /// Posts a message to a server that is known by its host alone: where it was found, or else
    /// where it may be beside that.
    async fn post_to_host(
        &self,
        registered: &Uri,
        below: &Uri,
        headers: HeaderMap,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let began = Instant::now();
        let known = self.found.place(registered);
        let (first, second) = match known {
            Some(Place::Below) => (below, registered),
            Some(Place::There) | None => (registered, below),
        };
        let message = Outgoing::message(body.clone());
        let answer = self.exchange(first, Method::POST, headers.clone(), message, timeout).await?;
        if known.is_none() && answer.status().is_success() {
            self.found.note(registered, Place::There);
        }
        if known == Some(Place::There) || !is_elsewhere(&answer) {
            return Ok(answer);
        }
        let left = timeout.saturating_sub(began.elapsed());
        let message = Outgoing::message(body);
        let other = self.exchange(second, Method::POST, headers, message, left).await?;
        if other.status().is_success() {
            let there = known == Some(Place::Below);
            self.found.note(registered, if there { Place::There } else { Place::Below });
        }
        // Where it is at neither, what its address says counts.
        Ok(if is_elsewhere(&other) && known.is_none() { answer } else { other })
    }

    /// Where a server is asked.
    fn uri_of<'a>(&self, target: &'a Target) -> &'a Uri {
        match &target.below {
            Some(below) if self.found.place(&target.uri) == Some(Place::Below) => below,
            _ => &target.uri,
        }
    }

    /// Asks for the endpoint's stream of events.
    pub(crate) async fn listen(
        &self,
        target: &Target,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        self.listen_as(target, MessageHead::default(), timeout).await
    }

    async fn listen_as(
        &self,
        target: &Target,
        head: MessageHead,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let headers = head::of_listening(target, &self.agent, head);
        self.exchange(self.uri_of(target), Method::GET, headers, Outgoing::nothing(), timeout).await
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
        self.exchange(self.uri_of(target), Method::DELETE, headers, Outgoing::nothing(), timeout)
            .await
    }

    /// The one place from which requests leave.
    pub(crate) async fn exchange(
        &self,
        uri: &Uri,
        method: Method,
        headers: HeaderMap,
        body: Outgoing,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let handover = body.handover();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri.clone();
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
        self.open_for(endpoint, "{}").await
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
        self.call(server, request).await
    }

    async fn listen(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let target = self.targets.of(server.of(), self.settings.egress)?;
        let response = self.listen_as(&target, request.head, request.timeout).await?;
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
