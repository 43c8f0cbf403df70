//! The client of upstreams over streamable HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::manifest::{FaultClass, Manifest};
use registry_domain::ports::{
    Dial, MessageHead, OpenedUpstream, Reply, Upstream, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;

use crate::ask::Inquiry;
use crate::below::{Found, Place, is_elsewhere};
use crate::connect::{self, Pool};
use crate::outgoing::Outgoing;
use crate::settings::UpstreamSettings;
use crate::target::{Target, Targets};
use crate::tokens::AccessTokens;
use crate::{discover, fault, head, open, reply};

/// Speaks with upstreams over streamable HTTP, through a pool of connections of its own.
pub struct HttpUpstream {
    pub(crate) settings: UpstreamSettings,
    pool: Pool,
    targets: Targets,
    found: Found,
    pub(crate) agent: HeaderValue,
    pub(crate) tokens: Arc<AccessTokens>,
}

/// Who gets a request: where it is, and what it is shown.
#[derive(Clone, Copy)]
pub(crate) struct Addressee<'a> {
    pub(crate) target: &'a Target,
    pub(crate) credential: Option<&'a Credential>,
}

impl HttpUpstream {
    /// Makes a client. It opens connections when it is first used, in the runtime that uses it.
    pub fn new(settings: UpstreamSettings) -> Self {
        let tokens = Arc::new(AccessTokens::new(settings.clone()));
        Self::sharing(settings, tokens)
    }

    /// Makes a client that shares the tokens of servers with others of the process.
    pub(crate) fn sharing(settings: UpstreamSettings, tokens: Arc<AccessTokens>) -> Self {
        Self {
            pool: connect::pool(&settings),
            targets: Targets::default(),
            found: Found::default(),
            agent: settings.agent(),
            tokens,
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
        let UpstreamRequest { head, body, credential, timeout, pause } = request;
        let to = Addressee { target: &target, credential: credential.as_deref() };
        let response = self.post(to, head, body, timeout).await?;
        Ok(reply::of_response(response, pause))
    }

    /// Posts a message; answers when the reply's head has arrived.
    pub(crate) async fn post(
        &self,
        to: Addressee<'_>,
        message: MessageHead,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let target = to.target;
        // In a session 404 says that the session has ended.
        let is_settled = message.session.is_some();
        let headers = head::of_message(target, &self.agent, message);
        let Some(credential) = to.credential else {
            return self.post_to(target, is_settled, headers, body, timeout).await;
        };
        let post = |headers| self.post_to(target, is_settled, headers, body.clone(), timeout);
        // Boxed: what few servers want must not make every other call's future larger.
        Box::pin(self.showing(credential, headers, post)).await
    }

    /// Sends a request with what opens its server. A server that does not take our token is shown a
    /// new one, once: it refused the request without looking at it.
    pub(crate) async fn showing<Sending>(
        &self,
        credential: &Credential,
        mut headers: HeaderMap,
        send: impl Fn(HeaderMap) -> Sending + Send + Sync,
    ) -> Result<Response<Incoming>, UpstreamFailure>
    where
        Sending: Future<Output = Result<Response<Incoming>, UpstreamFailure>> + Send,
    {
        let mut is_new = false;
        loop {
            let shown = self.tokens.shown(credential).await?;
            headers.insert(shown.name.clone(), shown.value.clone());
            let response = send(headers.clone()).await?;
            let is_unauthorized = response.status() == StatusCode::UNAUTHORIZED;
            if is_unauthorized && !is_new && self.tokens.forget(credential, &shown) {
                is_new = true;
            } else if is_unauthorized || response.status() == StatusCode::FORBIDDEN {
                let detail = format!(
                    "the server does not take its credential ({})",
                    response.status().as_u16()
                );
                return Err(fault::of_answer(FaultClass::CredentialRefused, detail));
            } else {
                return Ok(response);
            }
        }
    }

    /// Posts a message with its headers, to where the server is.
    async fn post_to(
        &self,
        target: &Target,
        is_settled: bool,
        headers: HeaderMap,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
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
        to: Addressee<'_>,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        self.listen_as(to, MessageHead::default(), timeout).await
    }

    async fn listen_as(
        &self,
        to: Addressee<'_>,
        head: MessageHead,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let headers = head::of_listening(to.target, &self.agent, head);
        let uri = self.uri_of(to.target);
        let get = |headers| self.exchange(uri, Method::GET, headers, Outgoing::nothing(), timeout);
        match to.credential {
            Some(credential) => self.showing(credential, headers, get).await,
            None => get(headers).await,
        }
    }

    /// Ends a legacy session.
    pub(crate) async fn end_session(
        &self,
        to: Addressee<'_>,
        revision: Option<String>,
        session: String,
        timeout: Duration,
    ) -> Result<Response<Incoming>, UpstreamFailure> {
        let headers = head::of_request(to.target, &self.agent, revision, Some(session));
        let headers = self.shown_to(to, headers).await?;
        let uri = self.uri_of(to.target);
        self.exchange(uri, Method::DELETE, headers, Outgoing::nothing(), timeout).await
    }

    /// The headers with what the server is shown.
    async fn shown_to(
        &self,
        to: Addressee<'_>,
        mut headers: HeaderMap,
    ) -> Result<HeaderMap, UpstreamFailure> {
        if let Some(credential) = to.credential {
            let shown = self.tokens.shown(credential).await?;
            headers.insert(shown.name, shown.value);
        }
        Ok(headers)
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
    async fn open(&self, dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
        self.open_for(dial, "{}").await
    }

    async fn open_for(
        &self,
        dial: Dial<'_>,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, dial)?;
        self.within(open::open_for(&mut inquiry, capabilities)).await
    }

    async fn probe(&self, dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, dial)?;
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
        let to = Addressee { target: &target, credential: request.credential.as_deref() };
        let response = self.listen_as(to, request.head, request.timeout).await?;
        Ok(reply::of_response(response, request.pause))
    }

    async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
        let mut inquiry = Inquiry::of(self, dial)?;
        self.within(discover::discover(&mut inquiry)).await
    }

    async fn discover_within(
        &self,
        dial: Dial<'_>,
        patience: Duration,
    ) -> Result<Manifest, UpstreamFailure> {
        match tokio::time::timeout(patience, self.discover(dial)).await {
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
