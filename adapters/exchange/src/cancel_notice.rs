//! `notifications/cancelled` to an upstream with a session: closing its connection tells a server
//! of the legacy revisions nothing (2025-11-25, "Disconnection SHOULD NOT be interpreted as the
//! client cancelling its request").
//!
//! A server without sessions is not told: it would have nothing but the id to know the call by,
//! and another client's call may have the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mcp_wire::message::cancelled_notification;
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::ports::{MessageHead, Upstream, UpstreamRequest};
use registry_domain::routing::ServerEntry;
use tokio::runtime::Handle;

/// How long the upstream may take to hear of it.
const WITHIN: Duration = Duration::from_secs(5);

/// What an upstream is told if its answer is no longer waited for.
pub(crate) struct CancelNotice {
    pub(crate) client: Arc<dyn Upstream>,
    pub(crate) server: Permit<Arc<ServerEntry>>,
    pub(crate) head: MessageHead,
    /// What opens the server, as for the call.
    pub(crate) credential: Option<Arc<Credential>>,
    /// The id by which the upstream knows the call, as JSON.
    pub(crate) id_json: String,
}

impl CancelNotice {
    /// Tells it, in the background: who made the call is answered already, or is gone.
    pub(crate) fn send(self) {
        let body: Bytes = cancelled_notification(&self.id_json, Some("no longer waited for"));
        let request = UpstreamRequest {
            head: self.head,
            body,
            credential: self.credential,
            timeout: WITHIN,
            pause: WITHIN,
        };
        let (client, server) = (self.client, self.server);
        // Outside a runtime there is no connection left to tell it over.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let told = tokio::time::timeout(WITHIN, client.send(&server, request)).await;
                if !matches!(told, Ok(Ok(_))) {
                    tracing::debug!("an upstream could not be told that a call was cancelled");
                }
            });
        }
    }
}
