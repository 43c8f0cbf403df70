//! Upstream MCP servers, whatever transport they speak.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

use crate::caller::Permit;
use crate::credential::Credential;
use crate::endpoint::EndpointUrl;
use crate::manifest::{FaultClass, Manifest};

/// Which kind of revision an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamEra {
    /// With a handshake (2024-11-05 … 2025-11-25).
    Legacy,
    /// Without (2026-07-28).
    Modern,
}

/// An upstream to be asked: where it is, and what opens it.
#[derive(Debug, Clone, Copy)]
pub struct Dial<'a> {
    /// Where it is.
    pub endpoint: &'a EndpointUrl,
    /// What opens it, where we have something and may use it for whoever has it asked.
    pub credential: Option<&'a Credential>,
}

impl<'a> Dial<'a> {
    /// One that is asked without a credential.
    pub const fn plainly(endpoint: &'a EndpointUrl) -> Self {
        Self { endpoint, credential: None }
    }

    /// One that is asked with its credential, where it has one.
    pub fn with(endpoint: &'a EndpointUrl, credential: Option<&'a Arc<Credential>>) -> Self {
        Self { endpoint, credential: credential.map(Arc::as_ref) }
    }
}

/// What opening an upstream found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedUpstream {
    /// Its era.
    pub era: UpstreamEra,
    /// The revision to speak with it.
    pub revision: String,
    /// The legacy session that was opened, where it gave one.
    pub session: Option<String>,
    /// Its capabilities, as it sent them (a JSON object).
    pub capabilities: Bytes,
    /// Its instructions.
    pub instructions: Option<String>,
}

/// The head of one message to an upstream: what a transport may have to repeat outside the body.
#[derive(Debug, Clone, Default)]
pub struct MessageHead {
    /// The trace that the message is part of, as W3C's `traceparent` spells it.
    pub traceparent: Option<String>,
    /// How many gateways like this one the message has been through, with this one.
    pub hops: u8,
    /// The revision spoken on this hop (`MCP-Protocol-Version`).
    pub revision: Option<String>,
    /// The legacy session (`Mcp-Session-Id`).
    pub session: Option<String>,
    /// The modern mirror of the body's method (`Mcp-Method`).
    pub method: Option<String>,
    /// The modern mirror of the body's name, URI or task id (`Mcp-Name`), not yet encoded.
    pub name: Option<String>,
    /// The modern mirrors of tool arguments (`Mcp-Param-…`): name and value, as they arrived.
    pub params: Vec<(String, String)>,
}

/// One message to an upstream.
#[derive(Debug, Clone)]
pub struct UpstreamRequest {
    /// The message's head.
    pub head: MessageHead,
    /// One JSON-RPC message, in the upstream's words.
    pub body: Bytes,
    /// What opens the server, where we have something and may use it for the caller.
    pub credential: Option<Arc<Credential>>,
    /// How long the answer's head may take.
    pub timeout: Duration,
    /// How long each part of the answer may take after the one before.
    pub pause: Duration,
}

/// How an upstream answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyShape {
    /// One JSON document.
    Json,
    /// A stream of server-sent events.
    EventStream,
    /// Accepted, with nothing to say.
    Accepted,
    /// Something that is not MCP.
    Other,
}

/// A reply's body, part by part as it arrives. Dropping it closes the exchange.
pub type ReplyBody = Pin<Box<dyn Stream<Item = Result<Bytes, UpstreamFailure>> + Send>>;

/// What an upstream answers.
pub struct Reply {
    /// The HTTP status, or its like.
    pub status: u16,
    /// How it answered.
    pub shape: ReplyShape,
    /// The body.
    pub body: ReplyBody,
}

impl fmt::Debug for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reply")
            .field("status", &self.status)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

/// Why an upstream did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("upstream failed ({}): {detail}", class.as_str())]
pub struct UpstreamFailure {
    /// The class of fault.
    pub class: FaultClass,
    /// The fault in words, without anything that the upstream said.
    pub detail: String,
    /// Whether the request may have reached the upstream: then it must not be sent again.
    pub request_sent: bool,
}

/// Speaks with upstreams.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Finds out which era an upstream speaks, and opens a legacy session where it needs one.
    ///
    /// # Errors
    /// [`UpstreamFailure`] with the class of fault.
    async fn open(&self, dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure>;

    /// As [`Upstream::open`], telling a server with a handshake what the client can do that calls
    /// through us: `capabilities` is its `ClientCapabilities`, as JSON. An adapter that cannot tell
    /// opens without: then the server asks the client nothing.
    ///
    /// # Errors
    /// [`UpstreamFailure`] with the class of fault.
    async fn open_for(
        &self,
        dial: Dial<'_>,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        let _ = capabilities;
        self.open(dial).await
    }

    /// Finds out whether an upstream speaks MCP right now, and leaves no session behind.
    ///
    /// # Errors
    /// [`UpstreamFailure`] with the class of fault.
    async fn probe(&self, dial: Dial<'_>) -> Result<(), UpstreamFailure>;

    /// Sends one message to a permitted server; answers when the reply's head has arrived. The
    /// permit's subject says where it is.
    ///
    /// # Errors
    /// [`UpstreamFailure`]; an answer with a bad status is a [`Reply`], not a failure.
    async fn send(
        &self,
        server: &Permit<std::sync::Arc<crate::routing::ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure>;

    /// Opens the stream on which a permitted server with a handshake tells what belongs to no call;
    /// of the request, the body is not sent. A server without such a stream answers with another
    /// status than 200; an adapter that knows none fails with [`FaultClass::NotMcp`].
    ///
    /// # Errors
    /// [`UpstreamFailure`].
    async fn listen(
        &self,
        server: &Permit<std::sync::Arc<crate::routing::ServerEntry>>,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let _ = (server, request);
        let detail = "this transport has no stream beside its calls".to_owned();
        Err(UpstreamFailure { class: FaultClass::NotMcp, detail, request_sent: false })
    }

    /// Reads everything that an upstream offers, to the last page.
    ///
    /// # Errors
    /// [`UpstreamFailure`] with the class of fault.
    async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure>;

    /// Reads everything that an upstream offers, if that takes no longer than `patience`. An
    /// adapter without a clock of its own is as patient as it is.
    ///
    /// # Errors
    /// [`UpstreamFailure`] with the class of fault.
    async fn discover_within(
        &self,
        dial: Dial<'_>,
        patience: std::time::Duration,
    ) -> Result<Manifest, UpstreamFailure> {
        let _ = patience;
        self.discover(dial).await
    }
}
