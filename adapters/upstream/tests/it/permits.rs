//! What `send` needs of the domain.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use jiff::Timestamp;
use registry_domain::caller::{Caller, Groups, Permit};
use registry_domain::endpoint::{EndpointUrl, Transport};
use registry_domain::event::EventSeq;
use registry_domain::federation::ServerRef;
use registry_domain::id::{Alias, Revision, ServerId};
use registry_domain::ports::{MessageHead, Reply, UpstreamRequest};
use registry_domain::routing::{RoutingTable, ServerEntry};
use registry_domain::server::{HealthStatus, ListedBy, PinnedManifest, Server, ToolRules};
use uuid::Uuid;

/// Longer than anything here takes.
pub const PATIENT: Duration = Duration::from_secs(5);
/// A deadline that is meant to pass.
pub const BRIEF: Duration = Duration::from_millis(200);

/// A permit to call a server, got as everybody gets one: from the routing table.
pub fn permit(endpoint: EndpointUrl) -> Permit<Arc<ServerEntry>> {
    let server = Server {
        id: ServerId(Uuid::from_u128(1)),
        name: "Test".to_owned(),
        alias: Alias::parse("test").unwrap(),
        endpoint_url: endpoint,
        transport: Transport::Http,
        version: "1.0.0".to_owned(),
        description: None,
        capabilities: serde_json::Map::new(),
        tags: Vec::new(),
        health: HealthStatus::Healthy,
        tenant: None,
        registration: None,
        owner: None,
        listed_by: ListedBy::Approval,
        auto_discover: true,
        manifest: PinnedManifest::Awaited,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        drift: None,
        tool_rules: ToolRules::default(),
        revision: Revision::FIRST,
    };
    let caller = Caller {
        subject: "somebody".to_owned(),
        user: None,
        tenant: None,
        email: None,
        display_name: None,
        roles: Vec::new(),
        groups: Groups::default(),
        is_admin: false,
        expires_at: Timestamp::MAX,
        assertion: None,
    };
    RoutingTable::of([&server], EventSeq(1))
        .resolve(&caller, ServerRef { tenant: None, alias: "test" })
        .unwrap()
}

/// A message with a deadline.
pub fn message(timeout: Duration) -> UpstreamRequest {
    UpstreamRequest {
        head: MessageHead::default(),
        credential: None,
        body: Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#),
        timeout,
        pause: timeout,
    }
}

/// All of a reply's body.
pub async fn whole(mut reply: Reply) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(part) = reply.body.next().await {
        all.extend_from_slice(&part.unwrap());
    }
    all
}
