//! The query of what may be asked of one tenant.

use registry_domain::caller::TenantScope;
use registry_http_edge::ReadQuery;
use registry_http_edge::query::Parameters;
use utoipa::IntoParams;

use crate::wire::server_query::tenant;

/// The tenants that are asked for.
#[derive(Debug)]
pub(crate) struct TenantQuery(pub(crate) TenantScope);

impl ReadQuery for TenantQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self(tenant(parameters))
    }
}

/// What [`TenantQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct TenantParameters {
    /// Only this tenant's; with a token it must be the caller's own
    #[param(max_length = 100)]
    tenant_id: Option<String>,
}
