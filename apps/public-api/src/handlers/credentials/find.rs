//! `GET /api/v1/servers/{server_id}/credential`: what it is, and who set it; never its secret.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_credential;
use registry_http_edge::{Guarded, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::credential::CredentialResponse;

/// Show which credential a server has, without its secret.
///
/// For administrators and its owner.
#[utoipa::path(
    get, path = "/api/v1/servers/{server_id}/credential", operation_id = "find_credential", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id")),
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "READ_ONLY", "APPROVAL_REQUIRED",
    ]))),
    responses((status = 200, description = "What it is", body = CredentialResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<ServerId>>,
) -> Answer {
    let found = find_credential(&ports, &caller, id).await?;
    let body = CredentialResponse::of(id, found.as_ref());
    tagged(&request, HttpResponse::Ok(), found.as_ref().map(|found| found.revision), &body)
}
