//! GET /api/v1/admin/stats: how many servers there are.

use actix_web::{HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::count_servers;
use registry_http_edge::{Query, Visitor};

use crate::handlers::Answer;
use crate::wire::stats::SystemStats;
use crate::wire::tenant_query::{TenantParameters, TenantQuery};

/// Count the servers.
#[utoipa::path(
    get, path = "/api/v1/admin/stats", operation_id = "count_servers", tag = "servers", security((), ("bearer" = [])),
    params(TenantParameters),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS",
        "TENANT_ACCESS_DENIED",
    ]))),
    responses((status = 200, description = "How many there are", body = SystemStats)),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Visitor { caller, input: Query(TenantQuery(asked)) }: Visitor<Query<TenantQuery>>,
) -> Answer {
    let actor = Actor::of(caller.as_ref());
    let counts = count_servers(&ports, actor, &asked).await?;
    Ok(HttpResponse::Ok().json(SystemStats::of(&counts)))
}
