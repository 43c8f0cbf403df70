//! `PUT /api/v1/servers/{server_id}`: another content, whole; what is left out is cleared.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::replace_server;
use registry_http_edge::{Body, IfRevision, PathId, Visitor};

use super::written;
use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::server::ServerResponse;
use crate::wire::server_draft::ServerBody;
use crate::wire::server_draft::ServerRequest;

type Input = (PathId<ServerId>, IfRevision, Body<ServerRequest>);

/// Replace a server's content, whole: what is left out is cleared.
#[utoipa::path(
    put, path = "/api/v1/servers/{server_id}", operation_id = "replace_server", tag = "servers", security((), ("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    request_body = ServerBody,
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "TENANT_ACCESS_DENIED", "READ_ONLY", "APPROVAL_REQUIRED", "SERVER_NOT_FOUND", "SERVER_NAME_CONFLICT", "ENDPOINT_URL_CONFLICT", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 200, description = "The server", body = ServerResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input }: Visitor<Input>,
) -> Answer {
    let (PathId(id), IfRevision(seen), Body(ServerRequest(draft))) = input;
    let listed = replace_server(&ports, Actor::of(caller.as_ref()), id, draft, seen).await?;
    written(&request, HttpResponse::Ok(), &listed, &settings)
}
