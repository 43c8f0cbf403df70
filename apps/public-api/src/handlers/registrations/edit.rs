//! `PUT /registrations/{registration_id}`: replaces the content while nobody has decided.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::edit_registration;
use registry_http_edge::{Body, Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::registration::RegistrationResponse;
use crate::wire::registration_draft::{DraftBody, DraftRequest};

type Input = (PathId<RegistrationId>, IfMatch, Body<DraftRequest>);

/// Replace the content while nobody has decided.
#[utoipa::path(
    put, path = "/registrations/{registration_id}", operation_id = "edit_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfMatch),
    request_body = DraftBody,
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "REGISTRATION_NOT_FOUND", "INVALID_STATE_TRANSITION", "ENDPOINT_URL_CONFLICT",
    ]))),
    responses((status = 200, description = "The registration as it is now", body = RegistrationResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfMatch(seen), Body(DraftRequest(draft))) = input;
    let view = edit_registration(&ports, &caller, id, draft, seen).await?;
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
