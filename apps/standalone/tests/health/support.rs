//! A running product with one approved server, and looks at it.

use registry_testkit::{
    Answer, Api, Program, eventually, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

/// The program with an administrator and a user; servers are probed and compared all the time.
pub struct Product {
    pub program: Program,
    pub admin: Api,
    pub user: Api,
    mcp: Api,
}

/// An approved server.
pub struct Listed {
    pub upstream: RmcpServer,
    pub alias: String,
    /// Its registration's path.
    pub registration: String,
    /// Its path in the management API.
    pub path: String,
}

impl Product {
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let mut all = vec![
            ("MREG_HEALTH_CHECK_INTERVAL", "1"),
            ("MREG_DRIFT_CHECK_INTERVAL", "1"),
            ("MREG_PUBLIC_API_MODE", "protected"),
        ];
        all.extend_from_slice(settings);
        Self::of(Program::start("mcp-registry", &all).await).await
    }

    /// The same program after a restart.
    pub async fn again(mut self) -> Self {
        self.program.terminate();
        self.program.wait_exit().await;
        Self::of(self.program.start_again().await).await
    }

    async fn of(program: Program) -> Self {
        let admin = token(&program, json!({ "subject": "root", "roles": ["admin"] })).await;
        let user = token(&program, json!({ "subject": "ada" })).await;
        Self {
            admin: Api::service(&program).with_token(&admin),
            user: Api::service(&program).with_token(&user),
            mcp: Api::gateway(&program).with_token(&user),
            program,
        }
    }

    /// Submits a server of the official SDK, reads what it offers, approves it, and waits until the
    /// gateway serves it.
    pub async fn list(&self, alias: &str) -> Listed {
        let upstream = RmcpServer::start(RmcpOptions::default());
        let draft = json!({
            "endpoint_url": upstream.url(),
            "endpoint_name": format!("Server {alias}"),
            "owner_contact": "owner@example.com",
            "alias": alias,
        });
        let submitted = self.admin.post("/registrations", &draft).await.expect(201).json();
        let id = submitted["registration_id"].as_str().unwrap();
        let registration = format!("/registrations/{id}");
        eventually("what the server offers was read", async || {
            let shown = self.admin.get(&registration).await.expect(200).json();
            (shown["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        let decision = json!({ "status": "Approved" });
        let approved = self.admin.patch(&format!("{registration}/status"), &decision).await;
        let server = approved.expect(200).json()["server_id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/servers/{server}");
        let listed = Listed { upstream, alias: alias.to_owned(), registration, path };
        eventually("the gateway serves it", async || {
            self.tools(&listed).await.contains(&"echo".to_owned()).then_some(())
        })
        .await;
        listed
    }

    /// The names of the tools that the gateway lists of a server.
    pub async fn tools(&self, listed: &Listed) -> Vec<String> {
        let list = self.mcp.mcp(&mcp_path(listed), "tools/list", json!({})).await;
        if list.status != 200 {
            return Vec::new();
        }
        let tools = list.rpc()["result"]["tools"].as_array().cloned().unwrap_or_default();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Calls `echo` of a server through the gateway.
    pub async fn echo(&self, listed: &Listed) -> Answer {
        self.mcp.call_tool(&mcp_path(listed), "echo", json!({ "text": "hello" })).await
    }

    /// Whether `echo` answers.
    pub async fn echoes(&self, listed: &Listed) -> bool {
        let answer = self.echo(listed).await;
        answer.status == 200 && answer.rpc()["result"]["content"][0]["text"] == "hello"
    }

    /// The names of the tools that the registry shows of a server, alone and in its lists.
    pub async fn shown(&self, listed: &Listed) -> Vec<String> {
        let names = |server: &Value| -> Vec<String> {
            let tools = server["tools"].as_array().unwrap().iter();
            tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
        };
        let path = format!("{}?include_tools=true", listed.path);
        let alone = names(&self.admin.get(&path).await.expect(200).json());
        let list = self.admin.get("/api/v1/servers?include_tools=true").await.expect(200).json();
        let id = listed.path.rsplit('/').next().unwrap();
        let among = list.as_array().unwrap().iter().find(|server| server["id"] == id).unwrap();
        assert_eq!(names(among), alone);
        alone
    }

    /// How many servers are found that have a tool.
    pub async fn offering(&self, tool: &str) -> usize {
        let path = format!("/api/v1/discovery/tools?tools={tool}");
        let found = self.admin.get(&path).await.expect(200).json();
        found["servers"].as_array().unwrap().len()
    }

    /// What a server offers instead of what was approved.
    pub async fn drift(&self, listed: &Listed) -> Value {
        self.admin.get(&format!("{}/drift", listed.path)).await.expect(200).json()
    }

    /// The drift, once it is in this state.
    pub async fn drift_once(&self, listed: &Listed, state: &str) -> Value {
        eventually(&format!("the drift is {state}"), async || {
            let drift = self.drift(listed).await;
            (drift["state"] == state).then_some(drift)
        })
        .await
    }

    /// Waits until the gateway lists `echo` of a server, or no longer.
    pub async fn once_listed(&self, listed: &Listed, is_listed: bool) {
        eventually(&format!("echo is listed: {is_listed}"), async || {
            let tools = self.tools(listed).await;
            // What was not touched is served all the while.
            assert!(tools.contains(&"add".to_owned()), "{tools:?}");
            (tools.contains(&"echo".to_owned()) == is_listed).then_some(())
        })
        .await;
    }
}

impl Listed {
    /// Waits until the server was compared once more from the beginning.
    pub async fn once_compared(&self) {
        let read = || self.upstream.seen_of("tools/list").len();
        // The one that is under way may have begun before.
        let enough = read() + 2;
        eventually("it is compared again", async || (read() >= enough).then_some(())).await;
    }
}

fn mcp_path(listed: &Listed) -> String {
    format!("/servers/{}/mcp", listed.alias)
}
