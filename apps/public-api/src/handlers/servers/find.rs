//! `GET /api/v1/servers/{server_id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_server;
use registry_http_edge::{PathId, Query, Visitor, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfNoneMatch;
use crate::wire::server::ServerResponse;
use crate::wire::server_query::OneQuery;
use crate::wire::server_query::ServerParameters;

/// Find a server.
#[utoipa::path(
    get, path = "/api/v1/servers/{server_id}", operation_id = "find_server", tag = "servers", security((), ("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), ServerParameters, IfNoneMatch),
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "TENANT_ACCESS_DENIED",
    ]))),
    responses(
        (status = 200, description = "The server", body = ServerResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`"))),
        (status = 304, description = "The caller has this very answer already"),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input }: Visitor<(PathId<ServerId>, Query<OneQuery>)>,
) -> Answer {
    let (PathId(id), Query(OneQuery { tenant, include })) = input;
    let view = find_server(&ports, Actor::of(caller.as_ref()), id, &tenant, include).await?;
    let body = ServerResponse::of(&view, include, &settings.gateway_base_url);
    tagged(&request, HttpResponse::Ok(), Some(view.revision), &body)
}
