//! The official SDK of Rust as a client with a user who answers.

use std::sync::Arc;

use registry_testkit::{
    clients::{call, connect_as, text_of},
    eventually,
    rmcp::{
        ClientHandler, ErrorData, RoleClient,
        model::{
            ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
            GetPromptRequestParams, Implementation, ProgressNotificationParam,
            ReadResourceRequestParams,
        },
        service::{NotificationContext, RequestContext},
    },
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Door, Found};

/// A client whose user is Ada.
#[derive(Clone, Default)]
struct Ada {
    progress: Arc<Mutex<Vec<f64>>>,
}

impl ClientHandler for Ada {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().build();
        ClientConfig::new(capabilities, Implementation::new("sdk-rust", "1.0.0"))
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({ "name": "Ada" })))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.progress.lock().await.push(params.progress);
    }
}

/// Does all that there is to do; what came of it.
pub(super) async fn run(era: &str, door: &Door<'_>) -> Found {
    let ada = Ada::default();
    let client = connect_as(ada.clone(), &door.url, door.token, era == "modern").await;
    let client = client.expect("it connects");
    let name = |own: &str| format!("{}{own}", door.prefix);
    let tool = async |own: &str, arguments: Value| {
        text_of(&client.call_tool(call(&name(own), arguments)).await.expect("a result"))
    };

    let mut found = Found::new();
    let mut keep = |action: &str, value: Value| found.insert(action.to_owned(), value);
    let info = client.peer_info().expect("what the server is");
    keep("revision", json!(info.protocol_version.as_str()));
    let tools = client.list_all_tools().await.expect("tools");
    keep("list", tools.iter().map(|tool| tool.name.as_ref()).collect());
    keep("call", json!(tool("echo", json!({ "text": "hello" })).await));
    let read = client.read_resource(ReadResourceRequestParams::new(door.uri)).await;
    let read = serde_json::to_value(read.expect("the resource")).expect("JSON");
    keep("read", read["contents"][0]["text"].clone());
    let arguments = json!({ "name": "Ada" }).as_object().cloned().expect("an object");
    let params = GetPromptRequestParams::new(name("greet")).with_arguments(arguments);
    let prompt = client.get_prompt(params).await.expect("the prompt");
    let prompt = serde_json::to_value(prompt).expect("JSON");
    keep("prompt", prompt["messages"][0]["content"]["text"].clone());
    tool("progress", json!({ "steps": 3 })).await;
    let steps = eventually("the progress was told", async || {
        Some(ada.progress.lock().await.clone()).filter(|steps| steps.len() == 3)
    });
    keep("progress", json!(steps.await));
    keep("elicit", json!(tool("ask", json!({})).await));

    let cancelled = door.bench.slow_cancelled();
    let runs = eventually("the call runs", async || (door.bench.slow_running() == 1).then_some(()));
    let left = tokio::select! {
        text = tool("slow", json!({})) => Err(text),
        () = runs => Ok(()),
    };
    left.expect("no answer before the cancellation");
    // Its SDK cancels what nobody waits for any more.
    eventually("the server knows that the call is cancelled", async || {
        (door.bench.slow_cancelled() == cancelled + 1).then_some(())
    })
    .await;
    keep("cancel", json!("cancelled"));
    client.cancel().await.expect("it ends");
    found
}
