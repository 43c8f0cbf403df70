//! Messages of our own making, as bytes.
//!
//! - `message/requests.rs`: what the gateway asks an upstream by itself: handshake, discovery,
//!   lists, ping, cancellation
//! - `message/answers.rs`: what it answers a client by itself: handshake, discovery, lists, tool
//!   errors
//! - `message/asking.rs`: the result by which a client is asked for more
//! - `message/listening.rs`: what a client that listens is told
//!
//! They are written piece by piece instead of through typed models, so that raw parts (an id, a
//! definition, capabilities) go in as they are. Parameters named `…_json` are such raw JSON text
//! and are not checked; all other text is escaped here.

mod answers;
mod asking;
mod listening;
mod requests;

pub use answers::{
    TextResource, ToolResultParts, discover_result, empty_result, initialize_result, list_result,
    text_resource_result, tool_error_result, tool_result,
};
pub use asking::input_required_result;
pub use listening::{
    ListKinds, list_changed, resource_updated, subscription_acknowledged, subscription_ended,
};
pub use requests::{
    cancelled_notification, discover_request, initialize_request, initialized_notification,
    list_request, listen_request, ping, subscribe_request,
};

/// Name and version of a program of ours, as the protocol's `Implementation`: `clientInfo` towards
/// upstreams, `serverInfo` towards clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Implementation<'a> {
    /// The program's name.
    pub name: &'a str,
    /// The program's version.
    pub version: &'a str,
}

/// A JSON text that is being written. The caller sees to commas and brackets.
struct Writer(Vec<u8>);

impl Writer {
    /// Starts with room for `capacity` bytes.
    fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Writes JSON text as it is.
    fn raw(&mut self, json: impl AsRef<[u8]>) -> &mut Self {
        self.0.extend_from_slice(json.as_ref());
        self
    }

    /// Writes text as a JSON string.
    fn string(&mut self, text: &str) -> &mut Self {
        // Writing a string to a vector cannot fail.
        let _written = serde_json::to_writer(&mut self.0, text);
        self
    }

    /// Writes `{"name":…,"version":…}`.
    fn implementation(&mut self, program: Implementation<'_>) -> &mut Self {
        self.raw(r#"{"name":"#).string(program.name);
        self.raw(r#","version":"#).string(program.version).raw("}")
    }

    fn finish(self) -> bytes::Bytes {
        self.0.into()
    }
}

#[cfg(test)]
mod tests;
