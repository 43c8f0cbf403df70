//! A running program with people, a server, and its metrics.

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use registry_testkit::{Answer, Api, Program, Scrape, eventually, token};
use serde_json::{Value, json};

/// The program, with an administrator and a user.
pub struct Registry {
    pub program: Program,
    pub admin: Api,
    pub user: Api,
    /// The gateway, called by the user.
    pub gateway: Api,
}

/// The alias of the server that is served.
pub const ALIAS: &str = "counted";

impl Registry {
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(Program::start("mcp-registry", settings).await).await
    }

    pub async fn of(program: Program) -> Self {
        let admin = signed_in(&program, json!({ "subject": "root", "roles": ["admin"] })).await;
        let user = token(&program, json!({ "subject": "ada", "tenant": "north" })).await;
        let gateway = Api::gateway(&program).with_token(&user);
        let user = Api::service(&program).with_token(&user);
        Self { program, admin, user, gateway }
    }

    pub fn stranger(&self) -> Api {
        Api::service(&self.program)
    }

    /// What the metrics page of port 8000 shows now.
    pub async fn scrape(&self) -> Scrape {
        scrape(&self.stranger()).await
    }

    /// Submits an upstream, approves it, and waits until the gateway serves it; the path of its
    /// registration.
    pub async fn serve(&self, upstream: &RmcpServer, name: &str) -> String {
        self.serve_at(&upstream.url(), name).await
    }

    /// The same for an upstream at this address.
    pub async fn serve_at(&self, url: &str, name: &str) -> String {
        let path = submit(&self.user, url, name).await;
        eventually("the manifest is there", async || {
            let shown = self.admin.get(&path).await.expect(200).json();
            (shown["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        let decision = json!({ "status": "Approved" });
        self.admin.patch(&format!("{path}/status"), &decision).await.expect(200);
        eventually("the gateway lists its tools", async || {
            let listed = self.user_mcp("tools/list", json!({})).await.rpc();
            (!listed["result"]["tools"].as_array()?.is_empty()).then_some(())
        })
        .await;
        path
    }

    /// One MCP message to the gateway, as the user.
    pub async fn user_mcp(&self, method: &str, params: Value) -> Answer {
        self.gateway.mcp("/mcp", method, params).await
    }

    /// Calls a tool of the server that was served, as the user.
    pub async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.gateway.call_tool("/mcp", &format!("{ALIAS}__{tool}"), arguments).await
    }
}

pub async fn signed_in(program: &Program, claims: Value) -> Api {
    Api::service(program).with_token(&token(program, claims).await)
}

/// What a metrics page shows now.
pub async fn scrape(api: &Api) -> Scrape {
    let page = api.get("/metrics").await.expect(200);
    assert_eq!(page.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    Scrape::parse(&page.text())
}

/// Submits an address; the registration's path.
pub async fn submit(api: &Api, url: &str, name: &str) -> String {
    let draft = json!({ "endpoint_url": url, "endpoint_name": name, "owner_contact": "Ops" });
    let made = api.post("/registrations", &draft).await.expect(201).json();
    format!("/registrations/{}", made["registration_id"].as_str().unwrap())
}

pub fn upstream() -> RmcpServer {
    RmcpServer::start(RmcpOptions::default())
}
