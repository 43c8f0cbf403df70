//! `DELETE /registrations/{registration_id}/links/{link_id}`.

use actix_web::{HttpResponse, web};
use registry_domain::id::{LinkId, RegistrationId};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_link;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::openapi::schemas::RegistrationInPath;

type Input = (PathId<RegistrationId>, PathId<LinkId>);

/// Remove a link.
#[utoipa::path(
    delete, path = "/registrations/{registration_id}/links/{link_id}", operation_id = "delete_link", tag = "documents", security(("bearer" = [])),
    params(RegistrationInPath, ("link_id" = Id, Path, description = "The link's id")),
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND", "NOT_FOUND", "INSUFFICIENT_PERMISSIONS",
    ]))),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(registration), PathId(id)), .. }: Guarded<Input>,
) -> Answer {
    delete_link(&ports, &caller, (registration, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
