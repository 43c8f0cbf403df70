//! `POST /registrations/{registration_id}/relist`: an approved registration whose server was taken
//! off the list gets one again.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::relist_server;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::{Answer, registrations};
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::registration::RegistrationResponse;

/// List again the server of an approved registration, which was taken off the list.
#[utoipa::path(
    post, path = "/registrations/{registration_id}/relist", operation_id = "relist_server", tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath),
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION", "SERVER_NAME_CONFLICT",
    ]))),
    responses((status = 200, description = "The registration", body = RegistrationResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<RegistrationId>>,
) -> Answer {
    let view = relist_server(&ports, &caller, id).await?;
    Ok(registrations::shown(HttpResponse::Ok(), &view, &settings))
}
