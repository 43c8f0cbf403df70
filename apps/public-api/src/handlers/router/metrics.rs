//! `GET /api/v1/router/metrics`: how servers are doing, as the calls of this process see it.

use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_exchange::Exchange;
use registry_http_edge::router_metrics::RouterMetrics;
use registry_http_edge::{Query, Visitor};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::tenant_query::{TenantParameters, TenantQuery};

/// Show how servers are doing, as the calls of this process see it.
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
    settings: web::Data<PublicApiSettings>,
    visitor: Visitor,
    Query(query): Query<TenantQuery>,
) -> Answer {
    let caller = visitor.caller.as_ref();
    let tenant = query.within_reach_of(caller)?;
    let table = exchange.routes().now();
    let servers = table
        .reachable(caller, settings.proxy.open)
        .filter(|server| tenant.is_none() || server.tenant == tenant);
    let metrics = RouterMetrics::of(servers, &exchange, ports.clock.now(), usize::MAX);
    Ok(HttpResponse::Ok().json(metrics))
}
