//! `GET /api/v1/router/metrics`: how servers are doing, as the calls of all replicas see it.

use actix_web::{HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::readable_tenants;
use registry_exchange::Exchange;
use registry_http_edge::router_metrics::RouterMetrics;
use registry_http_edge::{Query, Visitor};

use crate::handlers::Answer;
use crate::wire::tenant_query::{TenantParameters, TenantQuery};

/// Show how servers are doing, as the calls of all replicas see it.
#[utoipa::path(
    get, path = "/api/v1/router/metrics", operation_id = "show_router_metrics", tag = "proxy", security((), ("bearer" = [])),
    params(TenantParameters),
    extensions(("x-error-codes" = json!([
        "TENANT_ACCESS_DENIED",
    ]))),
    responses((status = 200, description = "Server by server, and all together", body = RouterMetrics)),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    exchange: web::Data<Exchange>,
    Visitor { caller, input: Query(TenantQuery(asked)) }: Visitor<Query<TenantQuery>>,
) -> Answer {
    let tenants = readable_tenants(&ports, Actor::of(caller.as_ref()), &asked)?;
    let view = exchange.everywhere().look().await;
    let table = exchange.routes().now();
    let servers = table.all().filter(|server| tenants.includes(server.tenant.as_ref()));
    let metrics = RouterMetrics::of(servers, &exchange, &view, ports.clock.now(), usize::MAX);
    Ok(HttpResponse::Ok().json(metrics))
}
