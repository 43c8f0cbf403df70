//! `GET /api/v1/servers/{server_id}/drift`: what differs from what was approved.

use actix_web::web;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_drift;
use registry_http_edge::{Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::drift::DriftResponse;

/// Show what a server offers instead of what was approved.
///
/// For administrators.
#[utoipa::path(
    get, path = "/api/v1/servers/{server_id}/drift", operation_id = "find_drift", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id")),
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS",
    ]))),
    responses((status = 200, description = "What differs", body = DriftResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<ServerId>>,
) -> Answer {
    let server = find_drift(&ports, &caller, id).await?;
    Ok(shown(&ports, &server))
}
