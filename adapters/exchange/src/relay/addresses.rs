//! What a result says of resources, so that the client can ask for them where it asked: at an
//! endpoint of many servers their addresses name the server.

use std::sync::Arc;

use bytes::Bytes;
use mcp_wire::addresses::{AddressEditor, Place};
use mcp_wire::{Envelope, splice};
use registry_domain::caller::{Caller, Permit};
use registry_domain::federation::federated_uri;
use registry_domain::party::Party;
use registry_domain::routing::ServerEntry;

use crate::lists::foreign_tenant;
use crate::request::Call;

/// Makes the addresses of one answer the client's. It owns what it needs, so that a stream can take it
/// along.
pub(super) struct Addresses {
    server: Permit<Arc<ServerEntry>>,
    caller: Arc<Caller>,
    /// `None` where the result has none.
    editor: Option<AddressEditor>,
}

impl Addresses {
    /// For a call whose client knows resources by such addresses.
    pub(super) fn of(call: Call<'_>) -> Option<Self> {
        let Party::Caller(caller) = &call.request.inbound.party else { return None };
        call.route.is_federated.then(|| Self {
            server: call.route.server.clone(),
            caller: Arc::clone(caller),
            editor: Place::of(call.request.method).map(AddressEditor::new),
        })
    }

    /// The next part of the response; with `is_whole` all of it.
    pub(super) fn pass(&mut self, part: Bytes, is_whole: bool) -> Bytes {
        let Self { server, caller, editor } = self;
        match editor {
            Some(editor) => editor.pass(part, is_whole, |uri| federated(server.of(), caller, uri)),
            None => part,
        }
    }

    /// A notification that came before the response; `None` where it stays as it is.
    pub(super) fn notified(&self, envelope: &Envelope<'_>, message: &[u8]) -> Option<Bytes> {
        if envelope.method.as_deref() != Some("notifications/resources/updated") {
            return None;
        }
        let params = mcp_wire::params::CallParams::parse(envelope.params).ok()?;
        let uri = federated(self.server.of(), &self.caller, params.uri.as_deref()?)?;
        splice::replace_param_string(message, "uri", &uri)
    }
}

fn federated(server: &ServerEntry, caller: &Caller, uri: &str) -> Option<String> {
    federated_uri(&server.alias, uri, foreign_tenant(server, caller))
}
