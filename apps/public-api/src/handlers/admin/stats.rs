//! GET /api/v1/admin/stats: how many servers there are.

use actix_web::{HttpResponse, web};
use registry_domain::caller::{Actor, TenantScope};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::count_servers;
use registry_http_edge::Visitor;

use crate::handlers::Answer;
use crate::wire::stats::SystemStats;

/// Count the servers.
#[utoipa::path(
    get, path = "/api/v1/admin/stats", operation_id = "count_servers", tag = "servers", security((), ("bearer" = [])),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS",
    ]))),
    responses((status = 200, description = "How many there are", body = SystemStats)),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Visitor { caller, .. }: Visitor,
) -> Answer {
    let actor = Actor::of(caller.as_ref());
    let counts = count_servers(&ports, actor, &TenantScope::All).await?;
    Ok(HttpResponse::Ok().json(SystemStats::of(&counts)))
}
