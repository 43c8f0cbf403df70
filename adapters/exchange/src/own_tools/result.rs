//! The result of a tool of ours.

use bytes::Bytes;
use mcp_wire::WireError;
use mcp_wire::message::{self, ToolResultParts};
use registry_domain::id::ServerId;
use serde::Serialize;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::record::Outcome;
use crate::request::Request;

/// What a tool answers: what it found out, or why it could not.
#[derive(Debug)]
pub(super) struct ToolResult {
    structured: Value,
    /// The stable code, and words, where the tool failed.
    error: Option<(&'static str, String)>,
    /// The server that was asked.
    server: Option<ServerId>,
}

impl ToolResult {
    /// The tool did it.
    ///
    /// # Errors
    /// -32603 for what cannot be written as JSON.
    pub(super) fn of(structured: impl Serialize) -> Result<Self, WireError> {
        Ok(Self { structured: json(structured)?, error: None, server: None })
    }

    /// The tool failed; the model behind the client reads why.
    ///
    /// # Errors
    /// -32603 for what cannot be written as JSON.
    pub(super) fn failed(
        structured: impl Serialize,
        code: &'static str,
        message: String,
    ) -> Result<Self, WireError> {
        Ok(Self { structured: json(structured)?, error: Some((code, message)), server: None })
    }

    /// The same, found out by asking a server.
    pub(super) fn by(self, server: Option<ServerId>) -> Self {
        Self { server, ..self }
    }

    /// The server that was asked.
    pub(super) const fn server(&self) -> Option<ServerId> {
        self.server
    }

    /// How it goes into the record.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.error {
            None => Outcome::Success,
            Some((code, message)) => Outcome::failure(code, message.clone()),
        }
    }

    /// The whole response.
    pub(super) fn write(&self, exchange: &Exchange, request: &Request<'_>) -> Bytes {
        let structured = self.structured.to_string();
        message::tool_result(
            request.id_json,
            request.front.era,
            ToolResultParts {
                structured: &structured,
                error_code: self.error.as_ref().map(|(code, _)| *code),
                hoists: request.is_plain(),
            },
            exchange.settings.implementation(),
        )
    }
}

pub(super) fn json(value: impl Serialize) -> Result<Value, WireError> {
    serde_json::to_value(value)
        .map_err(|_| WireError::upstream("INTERNAL_ERROR", "the result cannot be written as JSON"))
}
