//! `register_server`: an administrator lists a server directly.

use mcp_wire::WireError;
use registry_domain::caller::{Actor, Caller};
use registry_domain::error::Error;
use registry_domain::ports::{Include, ServerView};
use registry_domain::server::ServerDraft;
use registry_domain::use_cases::register_server;
use serde_json::{Value, json};

use super::arguments::{Arguments, refused};
use super::result::ToolResult;
use super::shapes::{ServerInfo, UserContext};
use super::{OwnTools, failed};

/// Lists the server, for the caller's tenant.
///
/// # Errors
/// -32602 for an argument that is missing or of another type, -32603 while the store is away. What
/// breaks a rule of the registry is a result that says so.
pub(super) async fn call(
    tools: &OwnTools,
    caller: &Caller,
    mut arguments: Arguments,
) -> Result<ToolResult, WireError> {
    let required =
        |name: &str, text: Option<String>| text.ok_or_else(|| refused(name, "is required"));
    let draft = ServerDraft {
        name: required("name", arguments.text("name")?)?,
        endpoint_url: required("endpoint_url", arguments.text("endpoint_url")?)?,
        transport_type: Some(required("transport_type", arguments.text("transport_type")?)?),
        version: arguments.text("version")?,
        description: arguments.text("description")?,
        capabilities: arguments.take("capabilities").unwrap_or_default(),
        tags: arguments.take("tags").unwrap_or_default(),
        auto_discover: None,
        tenant_id: caller.tenant.as_ref().map(ToString::to_string),
        alias: None,
    };
    arguments.end()?;
    match register_server(&tools.registry, Actor::Person(caller), draft).await {
        Ok(listed) => {
            let view = ServerView::of(&listed.server, Include::default());
            ToolResult::of(json!({
                "success": true,
                "server_id": view.id.to_string(),
                "message": format!("Server '{}' registered successfully", view.name),
                "server": ServerInfo::of(&view),
                "user_context": UserContext::of(caller),
            }))
        }
        Err(error) => {
            let (code, message) = refusal(&error)?;
            let structured = json!({
                "success": false,
                "server_id": Value::Null,
                "message": message,
                "server": Value::Null,
                "user_context": UserContext::of(caller),
            });
            ToolResult::failed(structured, code, message)
        }
    }
}

/// Why the registry does not take the server, for the model behind the client.
fn refusal(error: &Error) -> Result<(&'static str, String), WireError> {
    match error {
        Error::Invalid(violations) => {
            let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
            Ok(("VALIDATION_ERROR", told.join("; ")))
        }
        Error::NameTaken { what, wanted, .. } => {
            let message = format!("A server with the {what} '{wanted}' is there already");
            Ok(("SERVER_NAME_CONFLICT", message))
        }
        Error::UrlTaken { .. } => {
            Ok(("DUPLICATE_ENDPOINT_URL", "The endpoint URL is registered already".to_owned()))
        }
        other => Err(failed(other)),
    }
}
