//! How many servers there are.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::caller::TenantScope;
use registry_domain::endpoint::Transport;
use registry_domain::ports::ServerCounts;
use registry_domain::server::HealthStatus;

use super::list::of_tenants;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::labels::Label;
use crate::schema::servers;

/// Counts, in one statement. What does not read is counted no more than it is listed.
pub(super) async fn count(
    conn: &mut Connection,
    tenant: &TenantScope,
) -> Result<ServerCounts, StoreError> {
    let groups = servers::table
        .group_by((servers::health_status, servers::transport_type))
        .select((servers::health_status, servers::transport_type, count_star()))
        .into_boxed();
    let groups: Vec<(Label, Label, i64)> = of_tenants!(groups, tenant).load(conn).await?;
    Ok(ServerCounts::of(groups.into_iter().filter_map(|(health, transport, count)| {
        let (health, transport) =
            (HealthStatus::parse(&health.0)?, Transport::parse(&transport.0)?);
        Some((health, transport, count.unsigned_abs()))
    })))
}
