//! POST /api/v1/servers: lists a server, and tells what it offers where that is read in time.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::register_server;
use registry_http_edge::{Body, Visitor};

use super::{PATH, written};
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::server::ServerResponse;
use crate::wire::server_draft::ServerBody;
use crate::wire::server_draft::ServerRequest;

/// List a server.
///
/// `discovery` tells whether what it offers was read in time.
#[utoipa::path(
    post, path = "/api/v1/servers", operation_id = "register_server", tag = "servers", security((), ("bearer" = [])),
    request_body = ServerBody,
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "TENANT_ACCESS_DENIED", "READ_ONLY", "APPROVAL_REQUIRED", "SERVER_NAME_CONFLICT", "ENDPOINT_URL_CONFLICT",
    ]))),
    responses((status = 201, description = "It is listed", body = ServerResponse, headers(
        ("ETag" = String, description = "What was shown, for a later `If-Match`"),
        ("Location" = String, description = "Where the server is"),
    ))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: Body(ServerRequest(draft)) }: Visitor<Body<ServerRequest>>,
) -> Answer {
    let listed = register_server(&ports, Actor::of(caller.as_ref()), draft).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("{PATH}/{}", listed.server.id)));
    written(&request, response, &listed, &settings)
}
