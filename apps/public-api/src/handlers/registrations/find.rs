//! `GET /registrations/{registration_id}`.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{Seen, find_registration};
use registry_http_edge::{Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfNoneMatch;
use crate::wire::registration::RegistrationResponse;

/// Find a registration.
#[utoipa::path(
    get, path = "/registrations/{registration_id}", operation_id = "find_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfNoneMatch),
    extensions(("x-error-codes" = json!(["REGISTRATION_NOT_FOUND"]))),
    responses(
        (status = 200, description = "The registration", body = RegistrationResponse,
         headers(("ETag" = String, description = "What was shown, for a later `If-Match`"))),
        (status = 304, description = "The caller has this very answer already"),
    ),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: (PathId(id), known), .. }: Guarded<(
        PathId<RegistrationId>,
        IfNoneMatch,
    )>,
) -> Answer {
    let view = find_registration(&ports, &caller, id).await?;
    if known.covers(&view) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, Seen::etag(&view)))
            .insert_header((header::CACHE_CONTROL, "private, no-cache"))
            .finish());
    }
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
