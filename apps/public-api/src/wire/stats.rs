//! How many servers there are, and of which kinds.

use std::collections::BTreeMap;
use utoipa::ToSchema;

use registry_domain::ports::ServerCounts;
use serde::Serialize;

/// The numbers of GET /api/v1/admin/stats; what occurs nowhere is left out.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "total_servers": 3, "servers_by_status": {"healthy": 2, "unknown": 1},
    "servers_by_transport": {"http": 3},
}))]
pub(crate) struct SystemStats {
    total_servers: u64,
    #[schema(value_type = BTreeMap<String, u64>)]
    servers_by_status: BTreeMap<&'static str, u64>,
    #[schema(value_type = BTreeMap<String, u64>)]
    servers_by_transport: BTreeMap<&'static str, u64>,
}

impl SystemStats {
    /// The numbers as JSON has them.
    pub(crate) fn of(counts: &ServerCounts) -> Self {
        let statuses = counts.by_status.iter().map(|(status, count)| (status.as_str(), *count));
        let transports =
            counts.by_transport.iter().map(|(transport, count)| (transport.as_str(), *count));
        Self {
            total_servers: counts.total,
            servers_by_status: statuses.filter(|(_, count)| *count > 0).collect(),
            servers_by_transport: transports.filter(|(_, count)| *count > 0).collect(),
        }
    }
}
