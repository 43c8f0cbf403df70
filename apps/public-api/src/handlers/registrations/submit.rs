//! POST /registrations: anybody who is signed in proposes a server.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::submit_registration;
use registry_http_edge::{Body, Guarded};

use super::shown;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::registration::RegistrationResponse;
use crate::wire::registration_draft::{DraftBody, DraftRequest};

/// Submit a server.
///
/// Its address is looked at at once; `discovery` tells how far that has come.
#[utoipa::path(
    post, path = "/registrations", operation_id = "submit_registration", tag = "registrations", security(("bearer" = [])),
    request_body = DraftBody,
    extensions(("x-error-codes" = json!(["ENDPOINT_URL_CONFLICT"]))),
    responses((status = 201, description = "It waits for a decision", body = RegistrationResponse, headers(
        ("ETag" = String, description = "What was shown, for a later `If-Match`"),
        ("Location" = String, description = "Where the registration is"),
    ))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: Body(DraftRequest(draft)), .. }: Guarded<Body<DraftRequest>>,
) -> Answer {
    let view = submit_registration(&ports, &caller, draft).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/registrations/{}", view.registration.id)));
    Ok(shown(response, &view, &settings))
}
