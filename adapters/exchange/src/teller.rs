//! How a client is told that the upstream of its call failed.

use std::sync::Arc;

use bytes::Bytes;
use mcp_wire::WireError;
use mcp_wire::error::NOT_CONNECTED;
use mcp_wire::message;
use mcp_wire::revision::Era;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;

use crate::exchange::ExchangeSettings;
use crate::failure::{HopFailure, proxied_code};
use crate::inbound::Door;
use crate::reconnect::Reconnect;
use crate::record::{Outcome, Pending};
use crate::request::{Call, Request};

/// How a client is told of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// As a tool's result, so that the model behind the client can read it.
    ToolResult,
    /// As a JSON-RPC error of the gateway.
    Error,
    /// As a JSON-RPC error of port 8000's proxy.
    ProxyError,
}

impl Manner {
    fn of(request: &Request<'_>) -> Self {
        match (&request.inbound.door, request.method) {
            (Door::Any(_), _) => Self::ProxyError,
            (_, "tools/call") => Self::ToolResult,
            _ => Self::Error,
        }
    }
}

/// What a client is told.
pub(crate) struct Told {
    pub(crate) body: Bytes,
    /// The same as an error, where it is one.
    pub(crate) refusal: Option<WireError>,
}

/// Tells a call's client that its upstream failed. It owns what it needs, so that a stream can
/// take it along.
pub(crate) struct Teller {
    id_json: String,
    manner: Manner,
    era: Era,
    server: String,
    request_id: String,
    settings: Arc<ExchangeSettings>,
    reconnect: Option<Box<Reconnect>>,
}

impl Teller {
    pub(crate) fn of(call: Call<'_>) -> Self {
        Self {
            id_json: call.request.id_json.to_owned(),
            manner: Manner::of(call.request),
            era: call.request.front.era,
            server: call.route.server.of().name.clone(),
            request_id: call.request.inbound.request_id.clone(),
            settings: Arc::clone(&call.exchange.settings),
            reconnect: Reconnect::of(call),
        }
    }

    /// The response that stands in for the upstream's, and its record.
    pub(crate) fn tell(&self, failure: &UpstreamFailure, record: &mut Pending) -> Told {
        if record.was_cancelled() {
            record.fail(failure, "somebody cancelled the call");
            return self.refused(WireError::cancelled());
        }
        let HopFailure { code, message, hint } = HopFailure::of(&self.server, failure);
        let reconnect =
            self.reconnect.as_ref().filter(|_| failure.class == FaultClass::AuthorizationRequired);
        if let Some(reconnect) = reconnect {
            let message = format!(
                "The MCP server '{}' needs you to let the gateway use it for you.",
                self.server
            );
            let told = self.reconnecting(reconnect, &message);
            record.fail(failure, message);
            return told;
        }
        let told = match self.manner {
            Manner::ToolResult => {
                let (id, this) = (&self.id_json, self.settings.implementation());
                let body = message::tool_error_result(id, self.era, &message, code, hint, this);
                Told { body, refusal: None }
            }
            Manner::Error => self.refused(WireError::upstream(code, format!("{message} {hint}"))),
            Manner::ProxyError => self
                .refused(WireError::not_proxied(proxied_code(code), format!("{message} {hint}"))),
        };
        tracing::warn!(
            server = self.server,
            class = failure.class.as_str(),
            detail = failure.detail,
            request_sent = failure.request_sent,
            request_id = self.request_id,
            "an upstream failed"
        );
        record.fail(failure, message);
        told
    }

    /// What a person has to do who did not connect the server, or is connected no more.
    fn reconnecting(&self, reconnect: &Reconnect, message: &str) -> Told {
        let url = reconnect.url.as_str();
        if reconnect.opens_addresses {
            return self.refused(WireError::address_to_open(url, message, &self.request_id));
        }
        let hint = format!("Open {url} in a browser, connect it there, and try again.");
        match self.manner {
            Manner::ToolResult => {
                let (id, this) = (&self.id_json, self.settings.implementation());
                let body =
                    message::tool_error_result(id, self.era, message, NOT_CONNECTED, &hint, this);
                Told { body, refusal: None }
            }
            Manner::Error | Manner::ProxyError => {
                self.refused(WireError::not_connected(url, format!("{message} {hint}")))
            }
        }
    }

    /// The response of a call that ends with an error of ours while its server does nothing wrong,
    /// and its record.
    pub(crate) fn refuse(&self, error: &WireError, record: &mut Pending) -> Bytes {
        record.finish(Outcome::failure(error.word, error.message.clone()));
        error.to_json(&self.id_json).into()
    }

    fn refused(&self, error: WireError) -> Told {
        Told { body: error.to_json(&self.id_json).into(), refusal: Some(error) }
    }
}
