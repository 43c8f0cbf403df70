//! `PUT /api/v1/servers/{server_id}/credential`: sets it; one that is there is replaced.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::set_credential;
use registry_http_edge::{Body, Guarded, IfRevision, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::credential::{CredentialBody, CredentialRequest, CredentialResponse};
use crate::wire::precondition::IfMatch;

type Input = (PathId<ServerId>, IfRevision, Body<CredentialRequest>);

/// Set what opens a server; it is sealed, and never shown again.
///
/// For administrators and its owner. It is for the server's present origin: where the address
/// becomes one of another origin, it has to be set anew.
#[utoipa::path(
    put, path = "/api/v1/servers/{server_id}/credential", operation_id = "set_credential", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    request_body = CredentialBody,
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "READ_ONLY", "APPROVAL_REQUIRED", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 200, description = "What it is", body = CredentialResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfRevision(seen), Body(CredentialRequest(draft))) = input;
    let kept = set_credential(&ports, &caller, id, draft, seen).await?;
    let body = CredentialResponse::of(id, Some(&kept));
    tagged(&request, HttpResponse::Ok(), Some(kept.revision), &body)
}
