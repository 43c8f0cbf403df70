//! GET /api/v1/discovery/tools: the servers that have these tools.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::discover_tools;
use registry_http_edge::{Query, Visitor, tagged};

use crate::handlers::Answer;
use crate::wire::discovery::ToolsParameters;
use crate::wire::discovery::{DiscoveryResponse, ToolsQuery};

/// Find the servers that have these tools.
#[utoipa::path(
    get, path = "/api/v1/discovery/tools", operation_id = "discover_tools", tag = "servers", security((), ("bearer" = [])),
    params(ToolsParameters),
    extensions(("x-error-codes" = json!([
        "TENANT_ACCESS_DENIED",
    ]))),
    responses(
        (status = 200, description = "The servers", body = DiscoveryResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`"))),
        (status = 304, description = "The caller has this very answer already"),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Visitor { caller, input: Query(ToolsQuery(wish)) }: Visitor<Query<ToolsQuery>>,
) -> Answer {
    let actor = Actor::of(caller.as_ref());
    let servers = discover_tools(&ports, actor, wish.query.clone()).await?;
    tagged(&request, HttpResponse::Ok(), None, &DiscoveryResponse::of(&wish, &servers))
}
