//! A call that was understood, and where it goes: what forwarding and relaying share.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mcp_wire::front::Front;
use mcp_wire::params::CallParams;
use mcp_wire::revision::Era;
use registry_domain::caller::Permit;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{OpenedUpstream, UpstreamFailure};
use registry_domain::routing::ServerEntry;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::client_sessions::ClientSession;
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::record::Pending;
use crate::teller::{Teller, Told};
use crate::upstream_sessions::Behind;

/// A request that was understood.
pub(crate) struct Request<'a> {
    pub(crate) inbound: &'a Inbound,
    pub(crate) params: &'a CallParams<'a>,
    pub(crate) method: &'a str,
    pub(crate) front: Front,
    pub(crate) id_json: &'a str,
    /// The client's session, where it has one.
    pub(crate) session: Option<Arc<ClientSession>>,
}

impl Request<'_> {
    /// On whose behalf an upstream is called. A client without a session is asked by the result of
    /// its call, where it knows such results and the exchange can wait for it.
    pub(crate) fn behind(&self, exchange: &Exchange) -> Behind<'_> {
        let by_result = exchange.parking.is_some()
            && self.front.era == Era::Modern
            && !matches!(self.inbound.door, Door::Any(_));
        match &self.session {
            Some(session) => Behind::Session(session),
            None if by_result => Behind::Request(self.params.meta_keys.client_capabilities),
            None => Behind::Request(None),
        }
    }

    /// Whether the client speaks JSON-RPC and nothing of MCP's transport: no id, no header of the
    /// protocol, no session. It reads what it asked for from the result itself.
    pub(crate) fn is_plain(&self) -> bool {
        let headers = &self.inbound.headers;
        self.id_json == "null"
            && headers.protocol_version.is_none()
            && headers.method.is_none()
            && headers.session.is_none()
    }
}

/// A call that has to go to an upstream: which, and what it is called there.
pub(crate) struct Route<'a> {
    pub(crate) server: Permit<Arc<ServerEntry>>,
    /// The tool's or prompt's name at the upstream, where it differs from the client's.
    pub(crate) renamed: Option<Cow<'a, str>>,
    /// The resource's URI at the upstream, where it differs from the client's.
    pub(crate) relocated: Option<Cow<'a, str>>,
    /// The client's message, where more of it differs than a name or a URI.
    pub(crate) reworded: Option<Bytes>,
    /// Whether the client knows resources by addresses that name their server.
    pub(crate) is_federated: bool,
}

impl Route<'_> {
    /// The way to a server whose names are the client's.
    pub(crate) const fn straight(server: Permit<Arc<ServerEntry>>) -> Self {
        Self { server, renamed: None, relocated: None, reworded: None, is_federated: false }
    }
}

/// A request on its route.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) request: &'a Request<'a>,
    pub(crate) route: &'a Route<'a>,
    /// How long the answer's head may take, and then each of its parts.
    pub(crate) patience: Duration,
    /// When the whole answer has to be there.
    pub(crate) deadline: Option<Instant>,
    /// Whether the client may be answered by an event stream.
    pub(crate) may_stream: bool,
}

/// A call that its server did not answer, while nothing has gone out to the client yet: another
/// server may be asked, or the client told.
pub(crate) struct Failed(Box<(UpstreamFailure, Pending)>);

impl Failed {
    pub(crate) fn new(failure: UpstreamFailure, record: Pending) -> Self {
        Self(Box::new((failure, record)))
    }

    /// The server answered with something that is of no use.
    pub(crate) fn badly(class: FaultClass, record: Pending) -> Self {
        Self::new(UpstreamFailure { class, detail: String::new(), request_sent: true }, record)
    }

    pub(crate) fn failure(&self) -> &UpstreamFailure {
        &self.0.0
    }

    pub(crate) fn into_parts(self) -> (UpstreamFailure, Pending) {
        *self.0
    }
}

impl Call<'_> {
    /// Forgets what was remembered of the upstream: it turned out to be no longer true.
    pub(crate) fn forget(&self, stale: &Arc<OpenedUpstream>) {
        self.exchange.sessions.forget(
            self.route.server.of(),
            &self.request.inbound.party,
            self.request.behind(self.exchange),
            stale,
        );
    }

    /// Answers a call whose upstream failed.
    pub(crate) fn failed(&self, failed: Failed) -> Answer {
        let (failure, mut record) = failed.into_parts();
        let Told { body, refusal } = Teller::of(*self).tell(&failure, &mut record);
        Answer { refusal: refusal.map(Box::new), ..Answer::json(200, body) }
    }
}
