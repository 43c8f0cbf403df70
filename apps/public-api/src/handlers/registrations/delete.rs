//! `DELETE /registrations/{registration_id}`: an administrator removes it and its server.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_registration;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::wire::precondition::IfMatch;

type Input = (PathId<RegistrationId>, IfMatch);

/// Remove a registration and its server.
///
/// For administrators. The server leaves the gateway within a second.
#[utoipa::path(
    delete, path = "/registrations/{registration_id}", operation_id = "delete_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfMatch),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "REGISTRATION_NOT_FOUND", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(id), IfMatch(seen)), .. }: Guarded<Input>,
) -> Answer {
    delete_registration(&ports, &caller, id, seen).await?;
    Ok(HttpResponse::NoContent().finish())
}
