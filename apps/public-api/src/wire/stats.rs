//! How many servers there are, and of which kinds.

use std::collections::BTreeMap;

use registry_domain::ports::ServerCounts;
use serde::Serialize;

/// The numbers of GET /api/v1/admin/stats; what occurs nowhere is left out.
#[derive(Serialize)]
pub(crate) struct SystemStats {
    total_servers: u64,
    servers_by_status: BTreeMap<&'static str, u64>,
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
