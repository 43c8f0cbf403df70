//! GET /audit-logs: who did what to which registration, for administrators.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_audit_log;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::wire::audit_log;
use crate::wire::audit_query::AuditLogQuery;

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: Query(asked), .. }: Guarded<Query<AuditLogQuery>>,
) -> Answer {
    let query = asked.checked()?;
    let page = list_audit_log(&ports, &caller, &query).await?;
    Ok(audit_log::shown(HttpResponse::Ok(), &request, &query, &page))
}
