//! The tools, resources and prompt of the SDK server.

use std::{borrow::Cow, time::Duration};

use rmcp::{
    ErrorData, Json, RoleServer, ServerHandler,
    handler::server::{
        router::{prompt::PromptRouter, tool::ToolRouter},
        wrapper::Parameters,
    },
    model::{
        CallToolResult, ContentBlock, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, PromptMessage,
        ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
        Resource, ResourceContents, ResourceTemplate, Role, ServerCapabilities, ServerConfig,
    },
    prompt, prompt_handler, prompt_router, schemars,
    service::RequestContext,
    tool, tool_handler, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    rmcp_server::Era,
    workbench::{SlowCall, Workbench},
};

/// The one resource.
const NOTE: &str = "note://welcome";

#[derive(Deserialize, schemars::JsonSchema)]
struct EchoArguments {
    /// What to say back.
    text: String,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct AddArguments {
    a: i64,
    b: i64,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Sum {
    sum: i64,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct SlowArguments {
    /// How long; without it, until the test opens the gate.
    ms: Option<u64>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct ProgressArguments {
    /// How many notifications; 3 without it.
    steps: Option<u32>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct BigArguments {
    /// How many bytes of text.
    bytes: usize,
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
struct GreetArguments {
    /// Who is greeted.
    name: String,
}

/// The SDK's handler; a clone per request or session.
#[derive(Clone)]
pub struct Tools {
    era: Era,
    workbench: Workbench,
    tool_router: ToolRouter<Self>,
    prompt_router: PromptRouter<Self>,
}

impl Tools {
    /// A handler that admits to the revisions of `era`.
    /// With `asks`, one of its tools asks the caller's user.
    pub fn new(era: Era, asks: bool, workbench: Workbench) -> Self {
        let (mut tool_router, prompt_router) = (Self::tool_router(), Self::prompt_router());
        if asks {
            tool_router.merge(Self::asking_router());
        }
        Self { era, workbench, tool_router, prompt_router }
    }
}

#[tool_router]
impl Tools {
    #[tool(description = "Says the text back")]
    async fn echo(&self, Parameters(EchoArguments { text }): Parameters<EchoArguments>) -> String {
        text
    }

    #[tool(description = "Adds two integers")]
    async fn add(&self, Parameters(AddArguments { a, b }): Parameters<AddArguments>) -> Json<Sum> {
        Json(Sum { sum: a.wrapping_add(b) })
    }

    #[tool(description = "Answers late")]
    async fn slow(
        &self,
        Parameters(SlowArguments { ms }): Parameters<SlowArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<String, ErrorData> {
        let mut running = SlowCall::begin(&self.workbench);
        let wait = async {
            match ms {
                Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                None => self.workbench.slow_gate.pass().await,
            }
        };
        tokio::select! {
            () = wait => {
                running.finish();
                Ok("done".to_owned())
            }
            () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        }
    }

    #[tool(description = "Fails, as a tool does")]
    async fn fail(&self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text("it failed, as asked")])
    }

    #[tool(description = "Tells its progress, then answers")]
    async fn progress(
        &self,
        Parameters(ProgressArguments { steps }): Parameters<ProgressArguments>,
        context: RequestContext<RoleServer>,
    ) -> String {
        let steps = steps.unwrap_or(3);
        if let Some(token) = context.meta.get_progress_token() {
            for step in 1..=steps {
                let told = ProgressNotificationParam::new(token.clone(), f64::from(step))
                    .with_total(f64::from(steps))
                    .with_message(format!("step {step}"));
                // A client that left is told by the cancellation, not by this.
                let _ = context.peer.notify_progress(told).await;
            }
        }
        format!("{steps} steps")
    }

    #[tool(description = "Answers with as many bytes of text as asked")]
    async fn big(&self, Parameters(BigArguments { bytes }): Parameters<BigArguments>) -> String {
        "x".repeat(bytes)
    }
}

#[prompt_router]
impl Tools {
    #[prompt(description = "Greets somebody")]
    async fn greet(
        &self,
        Parameters(GreetArguments { name }): Parameters<GreetArguments>,
    ) -> Vec<PromptMessage> {
        vec![PromptMessage::new_text(Role::User, format!("Say hello to {name}"))]
    }
}

#[tool_handler(router = self.tool_router)]
#[prompt_handler(router = self.prompt_router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts();
        ServerConfig::new(capabilities.build()).with_instructions("A server for tests")
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(self.era.versions())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.workbench.shown(self.tool_router.list_all());
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(vec![Resource::new(NOTE, "welcome")]))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("note://{name}", "note");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(name) = request.uri.strip_prefix("note://") else {
            return Err(ErrorData::resource_not_found("no such resource", None));
        };
        let text = format!("the note {name}");
        Ok(ReadResourceResult::new(vec![ResourceContents::text(text, request.uri)]).into())
    }
}
