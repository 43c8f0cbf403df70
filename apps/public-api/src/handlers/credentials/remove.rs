//! `DELETE /api/v1/servers/{server_id}/credential`: the server is asked without one from now on.

use actix_web::{HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::remove_credential;
use registry_http_edge::{Guarded, IfRevision, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::precondition::IfMatch;

/// Take away what opens a server.
///
/// For administrators and its owner.
#[utoipa::path(
    delete, path = "/api/v1/servers/{server_id}/credential", operation_id = "remove_credential", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "READ_ONLY", "APPROVAL_REQUIRED", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 204, description = "There is none")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<(PathId<ServerId>, IfRevision)>,
) -> Answer {
    let (PathId(id), IfRevision(seen)) = input;
    remove_credential(&ports, &caller, id, seen).await?;
    Ok(HttpResponse::NoContent().finish())
}
