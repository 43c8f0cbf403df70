//! `PUT /api/v1/servers/{server_id}/tool-rules`: who may use which of a server's tools from now on.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::set_tool_rules;
use registry_http_edge::{Body, Guarded, IfRevision, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::precondition::IfMatch;
use crate::wire::tool_rules::{ToolRulesBody, ToolRulesRequest, ToolRulesResponse};

type Input = (PathId<ServerId>, IfRevision, Body<ToolRulesRequest>);

/// Say who may use which of a server's tools.
///
/// For administrators. The rules take the place of all that there were; they are in force on every
/// replica within a second.
#[utoipa::path(
    put, path = "/api/v1/servers/{server_id}/tool-rules", operation_id = "set_tool_rules", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    request_body = ToolRulesBody,
    extensions(("x-error-codes" = json!(["SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION"]))),
    responses((status = 200, description = "The rules", body = ToolRulesResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfRevision(seen), Body(ToolRulesRequest(rules))) = input;
    let server = set_tool_rules(&ports, &caller, id, rules, seen).await?;
    let body = ToolRulesResponse::of(&server);
    tagged(&request, HttpResponse::Ok(), Some(server.revision), &body)
}
