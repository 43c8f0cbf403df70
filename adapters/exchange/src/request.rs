//! A call that was understood, and where it goes: what forwarding and relaying share.

use std::sync::Arc;

use bytes::Bytes;
use mcp_wire::WireError;
use mcp_wire::front::Front;
use mcp_wire::message;
use mcp_wire::params::CallParams;
use mcp_wire::revision::Era;
use registry_domain::caller::Permit;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{OpenedUpstream, UpstreamFailure};
use registry_domain::routing::ServerEntry;

use crate::answer::Answer;
use crate::exchange::{Exchange, ExchangeSettings};
use crate::failure::HopFailure;
use crate::inbound::Inbound;
use crate::record::{Outcome, Pending};

/// A request that was understood.
pub(crate) struct Request<'a> {
    pub(crate) inbound: &'a Inbound,
    pub(crate) params: &'a CallParams<'a>,
    pub(crate) method: &'a str,
    pub(crate) front: Front,
    pub(crate) id_json: &'a str,
}

/// A call that has to go to an upstream: which, and what it is called there.
pub(crate) struct Route<'a> {
    pub(crate) server: Permit<Arc<ServerEntry>>,
    /// The tool's, prompt's or resource's name at the upstream, where it differs from the client's.
    pub(crate) renamed: Option<&'a str>,
}

/// A request on its route.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) request: &'a Request<'a>,
    pub(crate) route: &'a Route<'a>,
}

impl Call<'_> {
    /// Forgets what was remembered of the upstream: it turned out to be no longer true.
    pub(crate) fn forget(&self, stale: &Arc<OpenedUpstream>) {
        self.exchange.sessions.forget(
            self.route.server.of().id,
            &self.request.inbound.caller,
            stale,
        );
    }

    /// Answers a call whose upstream failed.
    pub(crate) fn failed(&self, failure: &UpstreamFailure, mut record: Pending) -> Answer {
        Answer::json(200, Teller::of(*self).tell(failure, &mut record))
    }

    /// Answers a call whose upstream answered with something that is of no use.
    pub(crate) fn answered_badly(&self, class: FaultClass, record: Pending) -> Answer {
        let failure = UpstreamFailure { class, detail: String::new(), request_sent: true };
        self.failed(&failure, record)
    }
}

/// Tells a call's client that its upstream failed. It owns what it needs, so that a stream can
/// take it along.
pub(crate) struct Teller {
    id_json: String,
    is_tool_call: bool,
    era: Era,
    server: String,
    request_id: String,
    settings: Arc<ExchangeSettings>,
}

impl Teller {
    pub(crate) fn of(call: Call<'_>) -> Self {
        Self {
            id_json: call.request.id_json.to_owned(),
            is_tool_call: call.request.method == "tools/call",
            era: call.request.front.era,
            server: call.route.server.of().name.clone(),
            request_id: call.request.inbound.request_id.clone(),
            settings: Arc::clone(&call.exchange.settings),
        }
    }

    /// The response that stands in for the upstream's, and its record. A tool call gets a result
    /// that tells of the failure, so that the model behind the client can read it; everything else
    /// gets a JSON-RPC error.
    pub(crate) fn tell(&self, failure: &UpstreamFailure, record: &mut Pending) -> Bytes {
        let HopFailure { code, message, hint } = HopFailure::of(&self.server, failure);
        let response = if self.is_tool_call {
            let this = self.settings.implementation();
            message::tool_error_result(&self.id_json, self.era, &message, code, hint, this)
        } else {
            WireError::upstream(code, format!("{message} {hint}")).to_json(&self.id_json).into()
        };
        tracing::warn!(
            server = self.server,
            class = failure.class.as_str(),
            detail = failure.detail,
            request_sent = failure.request_sent,
            request_id = self.request_id,
            "an upstream failed"
        );
        record.finish(Outcome::failure(code, message));
        response
    }
}
