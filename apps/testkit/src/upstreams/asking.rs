//! The tool that asks its caller's user: during the call in a session, by its result without one.

use rmcp::{
    ErrorData, RoleServer,
    handler::server::tool::InputResponses,
    model::{
        CallToolResponse, CallToolResult, ClientResult, ContentBlock, ElicitRequest,
        ElicitRequestParams, InputRequest, InputRequests, InputRequiredResult, ServerRequest,
    },
    service::RequestContext,
    tool, tool_router,
};
use serde_json::{Value, json};

use super::tools::Tools;

/// The key of the one question.
const QUESTION: &str = "who";

#[tool_router(router = asking_router, vis = "pub(super)")]
impl Tools {
    #[tool(description = "Asks who is there, and greets them")]
    async fn ask(
        &self,
        InputResponses(answers): InputResponses,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let in_session = context.protocol_version().is_none_or(|version| version.has_initialize());
        if in_session {
            let asked = context.peer.send_request(ServerRequest::ElicitRequest(question()?)).await;
            return match asked {
                Ok(ClientResult::ElicitResult(answer)) => {
                    Ok(greeting(&serde_json::to_value(answer).unwrap_or_default()))
                }
                Ok(_) => Err(ErrorData::internal_error("the client answered something else", None)),
                Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
            };
        }
        if let Some(answer) = answers.unwrap_or_default().get(QUESTION) {
            return Ok(greeting(answer));
        }
        let asked = InputRequest::Elicitation(question()?);
        let questions = InputRequests::from([(QUESTION.to_owned(), asked)]);
        Ok(InputRequiredResult::new(Some(questions), Some("asked once".to_owned())).into())
    }
}

fn question() -> Result<ElicitRequest, ErrorData> {
    let schema = json!({
        "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"],
    });
    let requested_schema = serde_json::from_value(schema)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let message = "Who is there?".to_owned();
    let params =
        ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema };
    Ok(ElicitRequest::new(params))
}

/// What the user decided, in words.
fn greeting(answer: &Value) -> CallToolResponse {
    let text_at = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    let text = match (text_at("/action"), text_at("/content/name")) {
        (Some("accept"), Some(name)) => format!("hello {name}"),
        (action, _) => format!("nobody: {}", action.unwrap_or_default()),
    };
    CallToolResult::success(vec![ContentBlock::text(text)]).into()
}
