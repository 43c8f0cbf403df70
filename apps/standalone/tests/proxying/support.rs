//! A running product with approved servers, and calls through port 8000.

use registry_testkit::{
    Answer, Api, Program, eventually, token,
    upstreams::{Reply, Scripted, ScriptedRequest, answer_handshake},
};
use serde_json::{Value, json};

/// The product, an administrator of it, and somebody without a token.
pub struct World {
    pub program: Program,
    pub admin: Api,
    pub stranger: Api,
}

impl World {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(Program::start("mcp-registry", settings).await).await
    }

    pub async fn of(program: Program) -> Self {
        let stranger = Api::service(&program);
        let admin = json!({ "subject": "root", "roles": ["admin"] });
        let admin = stranger.clone().with_token(&token(&program, admin).await);
        Self { program, admin, stranger }
    }

    /// The REST API, called by somebody.
    pub async fn someone(&self, subject: &str) -> Api {
        let token = token(&self.program, json!({ "subject": subject })).await;
        self.stranger.clone().with_token(&token)
    }

    /// The gateway, called by the administrator.
    pub async fn gateway(&self) -> Api {
        let admin = json!({ "subject": "root", "roles": ["admin"] });
        Api::gateway(&self.program).with_token(&token(&self.program, admin).await)
    }

    /// Submits and approves the server at `url`; calls reach it when this returns. Its id.
    pub async fn list(&self, alias: &str, url: &str) -> String {
        let draft = json!({
            "endpoint_url": url, "endpoint_name": format!("Server {alias}"),
            "owner_contact": "Team Weather", "alias": alias,
        });
        let made = self.admin.post("/registrations", &draft).await.expect(201).json();
        let path = format!("/registrations/{}", made["registration_id"].as_str().unwrap());
        eventually("what the server offers was read", async || {
            let shown = self.admin.get(&path).await.expect(200).json();
            (shown["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        let decision = json!({ "status": "Approved" });
        self.admin.patch(&format!("{path}/status"), &decision).await.expect(200);
        let name = format!("Server {alias}");
        eventually("the proxy reaches the approved server", async || {
            let metrics = self.metrics().await;
            let servers = metrics["metrics"].as_object().unwrap().clone();
            servers.into_iter().find_map(|(id, of)| (of["server_name"] == *name).then_some(id))
        })
        .await
    }

    /// `GET /api/v1/router/metrics`.
    pub async fn metrics(&self) -> Value {
        self.admin.get("/api/v1/router/metrics").await.expect(200).json()
    }

    /// Waits until so many servers are known to be well: before that, those that are not yet probed
    /// are chosen only where no other is there.
    pub async fn healthy(&self, count: usize) {
        eventually(&format!("{count} servers are healthy"), async || {
            (self.metrics().await["summary"]["healthy_servers"] == count).then_some(())
        })
        .await;
    }

    /// One server's part of it.
    pub async fn metrics_of(&self, server: &str) -> Value {
        self.metrics().await["metrics"][server].clone()
    }

    /// The calls that are under way, as the administrator sees them, once there are `count`.
    pub async fn active(&self, count: u64) -> Vec<Value> {
        eventually(&format!("{count} calls are under way"), async || {
            let active = self.admin.get("/api/v1/proxy/active-requests").await.expect(200).json();
            let requests = active["requests"].as_array().unwrap().clone();
            (active["active_request_count"] == count).then_some(requests)
        })
        .await
    }
}

/// `POST /mcp` with one message.
pub async fn simple(api: &Api, method: &str, params: Value) -> Answer {
    api.post("/mcp", &message(method, params)).await
}

/// `POST /mcp/proxy` without wishes.
pub async fn proxied(api: &Api, method: &str, params: Value) -> Answer {
    api.post("/mcp/proxy", &message(method, params)).await
}

/// `POST /mcp/proxy` with wishes.
pub async fn wished(api: &Api, method: &str, params: Value, wishes: Value) -> Answer {
    let mut body = message(method, params);
    for (member, value) in wishes.as_object().unwrap() {
        body[member] = value.clone();
    }
    api.post("/mcp/proxy", &body).await
}

#[expect(clippy::needless_pass_by_value, reason = "it is made where it is passed")]
pub fn message(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// The parameters of a call of a tool that takes nothing.
pub fn tool(name: &str) -> Value {
    json!({ "name": name, "arguments": {} })
}

/// The id of the server that answered a proxied call.
pub fn server_of(answer: &Answer) -> String {
    answer.json()["server_id"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

/// An MCP server with these tools that answers each call with `answer`.
pub fn offering(
    tools: &[&str],
    answer: impl Fn(&ScriptedRequest) -> Reply + Send + Sync + 'static,
) -> Scripted {
    let tools: Vec<Value> = tools
        .iter()
        .map(|name| json!({ "name": name, "inputSchema": { "type": "object" } }))
        .collect();
    let list = json!({
        "tools": tools, "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
    });
    Scripted::start(move |request| {
        if request.rpc_method() == "tools/list" {
            return Reply::result(request, &list);
        }
        answer_handshake(request).unwrap_or_else(|| answer(request))
    })
}

/// An MCP server with these tools that says which it is.
pub fn saying(tools: &[&str], word: &'static str) -> Scripted {
    offering(tools, move |request| says(request, word))
}

/// A tool's result that says a word.
pub fn says(request: &ScriptedRequest, word: &str) -> Reply {
    let content = json!([{ "type": "text", "text": word }]);
    Reply::result(request, &json!({ "content": content, "resultType": "complete" }))
}

/// What a tool's result says.
pub fn said(answer: &Answer) -> String {
    let text = &answer.rpc()["result"]["content"][0]["text"];
    text.as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}
