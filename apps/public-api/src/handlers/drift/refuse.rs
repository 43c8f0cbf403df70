//! `POST /api/v1/servers/{server_id}/drift/refuse`: an administrator leaves it withheld.

use actix_web::web;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{DriftCommand, refuse_drift};
use registry_http_edge::{Body, Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::drift::DriftDecision;
use crate::wire::drift::DriftDecisionBody;
use crate::wire::drift::DriftResponse;
use crate::wire::precondition::IfMatch;

type Input = (PathId<ServerId>, IfMatch, Body<DriftDecision>);

/// Leave withheld what a server offers now.
///
/// For administrators.
#[utoipa::path(
    post, path = "/api/v1/servers/{server_id}/drift/refuse", operation_id = "refuse_drift", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    request_body = DriftDecisionBody,
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 200, description = "What differs", body = DriftResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfMatch(seen), Body(DriftDecision { manifest_digest })) = input;
    let command = DriftCommand { seen, manifest_digest };
    let server = refuse_drift(&ports, &caller, id, command).await?;
    Ok(shown(&ports, &server))
}
