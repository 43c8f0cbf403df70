//! GET /audit-logs: who did what to which registration, for administrators.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_audit_log;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::wire::audit_log::{self, AuditLogResponse};
use crate::wire::audit_query::{AuditLogParameters, AuditLogQuery};
use crate::wire::list::ListResponse;

/// List who did what to which registration.
///
/// For administrators.
#[utoipa::path(
    get, path = "/audit-logs", operation_id = "list_audit_log", tag = "audit", security(("bearer" = [])),
    params(AuditLogParameters),
    extensions(("x-error-codes" = json!(["INVALID_DATE_RANGE", "INSUFFICIENT_PERMISSIONS"]))),
    responses(
        (status = 200, description = "A page", body = ListResponse<AuditLogResponse>, headers(
            ("X-Total-Count" = u64, description = "How many there are on all pages"),
            ("Link" = String, description = "Where the next and the previous page are, if there are any"),
        )),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: Query(asked), .. }: Guarded<Query<AuditLogQuery>>,
) -> Answer {
    let query = asked.checked()?;
    let page = list_audit_log(&ports, &caller, &query).await?;
    Ok(audit_log::shown(HttpResponse::Ok(), &request, &query, &page))
}
