//! How many servers there are.

use diesel::dsl::count_star;
use diesel::prelude::*;
use registry_domain::caller::TenantScope;
use registry_domain::endpoint::Transport;
use registry_domain::ports::ServerCounts;
use registry_domain::server::HealthStatus;

use super::list::of_tenants;
use crate::error::StoreError;
use crate::schema::servers;

/// Counts, in one statement. What does not read is counted no more than it is listed.
pub(super) fn count(
    conn: &mut SqliteConnection,
    tenant: &TenantScope,
) -> Result<ServerCounts, StoreError> {
    let groups = servers::table
        .group_by((servers::health_status, servers::transport_type))
        .select((servers::health_status, servers::transport_type, count_star()))
        .into_boxed();
    let groups: Vec<(String, String, i64)> = of_tenants!(groups, tenant).load(conn)?;
    Ok(ServerCounts::of(groups.into_iter().filter_map(|(health, transport, count)| {
        Some((HealthStatus::parse(&health)?, Transport::parse(&transport)?, count.unsigned_abs()))
    })))
}
