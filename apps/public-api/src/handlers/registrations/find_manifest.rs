//! `GET /registrations/{registration_id}/manifest`: what the upstream offers, for reviewers.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{Seen, find_manifest};
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::wire::manifest::ManifestResponse;

/// Show what the server offers, as it sent it.
///
/// For whoever decides: the digest is what a decision's `manifest_digest` means.
#[utoipa::path(
    get, path = "/registrations/{registration_id}/manifest", operation_id = "find_manifest",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath),
    extensions(("x-error-codes" = json!(["REGISTRATION_NOT_FOUND"]))),
    responses((status = 200, description = "The candidate", body = ManifestResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<RegistrationId>>,
) -> Answer {
    let view = find_manifest(&ports, &caller, id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, Seen::etag(&view.registration)))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(ManifestResponse::of(&view)))
}
