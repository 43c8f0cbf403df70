//! `GET /api/v1/servers/{server_id}/tool-rules`: who may use which of a server's tools.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_tool_rules;
use registry_http_edge::{Guarded, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::tool_rules::ToolRulesResponse;

/// Find who may use which of a server's tools.
///
/// For administrators.
#[utoipa::path(
    get, path = "/api/v1/servers/{server_id}/tool-rules", operation_id = "find_tool_rules", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id")),
    extensions(("x-error-codes" = json!(["SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS"]))),
    responses((status = 200, description = "The rules", body = ToolRulesResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<ServerId>>,
) -> Answer {
    let server = find_tool_rules(&ports, &caller, id).await?;
    let body = ToolRulesResponse::of(&server);
    tagged(&request, HttpResponse::Ok(), Some(server.revision), &body)
}
