//! A running product with approved servers, and the records that it leaves.

use std::sync::Arc;

use jiff::Timestamp;
use registry_domain::{
    operation::Operation,
    ports::{Clock, OperationLog},
};
use registry_embedded::{EmbeddedOptions, EmbeddedStore};
use registry_postgres::{PgAddress, PgOptions, PgStore};
use registry_testkit::{Api, DataDir, Program, eventually, token};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

/// Who calls, unless a test says otherwise.
pub const USER: &str = "ada";
pub const USER_EMAIL: &str = "ada@example.com";
pub const TENANT: &str = "contoso";

/// The product, with an administrator and a user of tenant [`TENANT`].
pub struct World {
    pub program: Program,
    /// The program that serves MCP where it is another than `program`.
    pub gateway: Option<Program>,
    pub admin: String,
    pub user: String,
}

/// A registration that was approved.
pub struct Listed {
    pub registration: String,
    /// Its own endpoint's path on the gateway.
    pub path: String,
    pub alias: String,
}

impl World {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Both servers in one process.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::around(Program::start("mcp-registry", settings).await, None).await
    }

    pub async fn around(program: Program, gateway: Option<Program>) -> Self {
        let admin = json!({ "subject": "root", "roles": ["admin"], "tenant": TENANT });
        let admin = token(&program, admin).await;
        let user = json!({ "subject": USER, "email": USER_EMAIL, "tenant": TENANT });
        let user = token(&program, user).await;
        Self { program, gateway, admin, user }
    }

    pub fn gateway_url(&self) -> String {
        self.gateway.as_ref().unwrap_or(&self.program).gateway_url()
    }

    /// The gateway, called by the user.
    pub fn mcp(&self) -> Api {
        self.mcp_as(&self.user)
    }

    /// The gateway, called by somebody else.
    pub fn mcp_as(&self, token: &str) -> Api {
        Api::new(self.gateway_url()).with_token(token)
    }

    /// The REST API, called by the administrator.
    pub fn registry(&self) -> Api {
        Api::service(&self.program).with_token(&self.admin)
    }

    pub async fn token(&self, claims: Value) -> String {
        token(&self.program, claims).await
    }

    /// Submits the server at `url`; its manifest has been discovered when this returns.
    pub async fn submit(&self, alias: &str, url: &str) -> String {
        let draft = json!({
            "endpoint_url": url, "endpoint_name": format!("Server {alias}"),
            "owner_contact": "owner@example.com", "alias": alias,
        });
        let answer = self.registry().post("/registrations", &draft).await.expect(201).json();
        let id = answer["registration_id"].as_str().unwrap().to_owned();
        eventually("what the server offers was read", async || {
            let shown = self.registry().get(&format!("/registrations/{id}")).await.json();
            (shown["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        id
    }

    /// Approves a registration; the gateway serves it when this returns.
    pub async fn approve(&self, registration: &str) -> Listed {
        let path = format!("/registrations/{registration}/status");
        let decided = self.registry().patch(&path, &json!({ "status": "Approved" })).await;
        let alias = decided.expect(200).json()["alias"].as_str().unwrap().to_owned();
        let path = format!("/servers/{alias}/mcp");
        let admin = self.mcp_as(&self.admin);
        eventually("the gateway serves the approved server", async || {
            let list = admin.mcp(&path, "tools/list", json!({})).await;
            (list.status == 200).then_some(())
        })
        .await;
        Listed { registration: registration.to_owned(), path, alias }
    }

    /// Submits and approves.
    pub async fn list(&self, alias: &str, url: &str) -> Listed {
        let registration = self.submit(alias, url).await;
        self.approve(&registration).await
    }

    /// Waits until a server that was listed has been probed.
    pub async fn probed(&self, alias: &str) {
        let path = format!("/api/v1/servers?name=Server%20{alias}");
        eventually("the server was probed", async || {
            let found = self.registry().get(&path).await.expect(200).json();
            (found[0]["health_status"] == "healthy").then_some(())
        })
        .await;
    }

    /// The servers' tools that the user is shown at `path`.
    pub async fn tools(&self, path: &str) -> Vec<String> {
        tools_shown(&self.mcp(), path).await
    }

    /// The user's records, oldest first, once there are `count` of them.
    pub async fn records(&self, count: usize) -> Vec<Operation> {
        records_of(self.program.data_dir(), USER, count).await
    }
}

/// The names of a federated list that are the gateway's own tools.
pub const OWN_TOOLS: [&str; 4] =
    ["list_servers", "register_server", "proxy_request", "health_check"];

/// The names of servers' tools in a `tools/list` answer.
pub async fn tools_shown(api: &Api, path: &str) -> Vec<String> {
    let list = api.mcp(path, "tools/list", json!({})).await.expect(200).json();
    let tools = list["result"]["tools"].as_array().expect("tools");
    let names = tools.iter().map(|tool| tool["name"].as_str().unwrap());
    names.filter(|name| !OWN_TOOLS.contains(name)).map(str::to_owned).collect()
}

/// Somebody's records, oldest first, once there are `count` of them.
pub async fn records_of(data: &DataDir, user: &str, count: usize) -> Vec<Operation> {
    let store = open(data).await;
    let mut seen = 0;
    eventually(&format!("{count} records are in the store"), async || {
        let mut records = store.newest(10_000).await.unwrap();
        records.retain(|record| record.user_id.as_deref() == Some(user));
        if records.len() != seen {
            seen = records.len();
            assert!(seen <= count, "{seen} records of {count} calls: {records:#?}");
        }
        records.reverse();
        (records.len() == count).then_some(records)
    })
    .await
}

async fn open(data: &DataDir) -> Arc<dyn OperationLog> {
    let (handle, tracker) = (tokio::runtime::Handle::current(), TaskTracker::new());
    if let Some(url) = data.database_url() {
        let options = PgOptions::for_testing(PgAddress::parse(url).unwrap());
        return PgStore::open(options, Arc::new(Epoch), handle, tracker).await.unwrap();
    }
    let (file, options) = (data.path().join("registry.db"), EmbeddedOptions::for_testing());
    EmbeddedStore::open(&file, options, Arc::new(Epoch), handle, tracker).await.unwrap()
}

/// Reading needs no time.
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
