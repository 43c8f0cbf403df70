//! The query of what may be asked of one tenant.

use registry_domain::caller::Caller;
use registry_domain::id::TenantId;
use registry_http_edge::query::Parameters;
use registry_http_edge::{Code, Problem, ReadQuery};
use utoipa::IntoParams;

/// The tenant that is meant, as it was asked for.
#[derive(Debug)]
pub(crate) struct TenantQuery(Option<String>);

impl ReadQuery for TenantQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self(parameters.text("tenant_id", 100))
    }
}

impl TenantQuery {
    /// The tenant whose servers are meant, if any in particular.
    ///
    /// # Errors
    /// 403 for another tenant than the caller's own.
    pub(crate) fn within_reach_of(
        self,
        caller: Option<&Caller>,
    ) -> Result<Option<TenantId>, Problem> {
        let denied = || Problem::new(Code::TenantAccessDenied, "This is another tenant");
        // What is no tenant's name is the name of none.
        let Some(wanted) = self.0 else { return Ok(None) };
        let wanted = TenantId::parse(&wanted).map_err(|_| denied())?;
        match caller {
            Some(caller) if !caller.sees(Some(&wanted)) => Err(denied()),
            _ => Ok(Some(wanted)),
        }
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
