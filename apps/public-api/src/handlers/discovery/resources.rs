//! GET /api/v1/discovery/resources: the servers that have resources like these.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::discover_resources;
use registry_http_edge::{Query, Visitor, tagged};

use crate::handlers::Answer;
use crate::wire::discovery::ResourcesParameters;
use crate::wire::discovery::{ResourceDiscoveryResponse, ResourcesQuery};

/// Find the servers that have these resources.
///
/// A name is exact, has `*` for anything, or is a part of what is looked for.
#[utoipa::path(
    get, path = "/api/v1/discovery/resources", operation_id = "discover_resources", tag = "servers", security((), ("bearer" = [])),
    params(ResourcesParameters),
    extensions(("x-error-codes" = json!([
        "TENANT_ACCESS_DENIED",
    ]))),
    responses(
        (status = 200, description = "The servers", body = ResourceDiscoveryResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`"))),
        (status = 304, description = "The caller has this very answer already"),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Visitor { caller, input: Query(ResourcesQuery(wish)) }: Visitor<Query<ResourcesQuery>>,
) -> Answer {
    let actor = Actor::of(caller.as_ref());
    let servers = discover_resources(&ports, actor, wish.query.clone()).await?;
    tagged(&request, HttpResponse::Ok(), None, &ResourceDiscoveryResponse::of(&wish, &servers))
}
