//! GET /api/v1/servers: a bare list, filtered, page by page.

use actix_web::{HttpRequest, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_servers;
use registry_http_edge::{Query, Visitor};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::server::ServerResponse;
use crate::wire::server_list;
use crate::wire::server_query::ServersParameters;
use crate::wire::server_query::ServersQuery;

/// List servers: a bare list, filtered, page by page.
#[utoipa::path(
    get, path = "/api/v1/servers", operation_id = "list_servers", tag = "servers", security((), ("bearer" = [])),
    params(ServersParameters),
    extensions(("x-error-codes" = json!([
        "TENANT_ACCESS_DENIED",
    ]))),
    responses(
        (status = 200, description = "A page", body = Vec<ServerResponse>, headers(
        ("X-Total-Count" = u64, description = "How many there are on all pages"),
        ("Link" = String, description = "Where the next and the previous page are, if there are any"),
    )),
        (status = 304, description = "The caller has this very answer already"),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: Query(ServersQuery(query)) }: Visitor<Query<ServersQuery>>,
) -> Answer {
    let page = list_servers(&ports, Actor::of(caller.as_ref()), &query).await?;
    server_list::shown(&request, &query, &page, &settings.gateway_base_url)
}
