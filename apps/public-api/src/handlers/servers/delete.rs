//! `DELETE /api/v1/servers/{server_id}`: takes it off the list; a registration behind it stays.

use actix_web::{HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_server;
use registry_http_edge::{IfRevision, PathId, Visitor};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::precondition::IfMatch;

type Input = (PathId<ServerId>, IfRevision);

/// Take a server off the list; a registration behind it stays.
#[utoipa::path(
    delete, path = "/api/v1/servers/{server_id}", operation_id = "delete_server", tag = "servers", security((), ("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "TENANT_ACCESS_DENIED", "READ_ONLY", "APPROVAL_REQUIRED", "SERVER_NOT_FOUND", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Visitor { caller, input: (PathId(id), IfRevision(seen)) }: Visitor<Input>,
) -> Answer {
    delete_server(&ports, Actor::of(caller.as_ref()), id, seen).await?;
    Ok(HttpResponse::NoContent().finish())
}
