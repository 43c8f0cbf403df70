//! PostgreSQL and Redis behind proxies, programs on them, and looks at what they keep.

use registry_testkit::{
    Answer, Api, ChaosProxy, Launch, Program, TestDatabase, TestRedis, eventually, test_redis,
    token,
};
use serde_json::{Value, json};
use tokio_postgres::{NoTls, Row};

/// Who calls, unless a test says otherwise.
pub const USER: &str = "ada";

/// How a server goes away.
#[derive(Clone, Copy, Debug)]
pub enum Outage {
    /// Connections are closed, and each new one at once.
    Cut,
    /// Connections stay, and nothing is heard on them.
    Stall,
}

impl Outage {
    pub fn begin(self, proxy: &ChaosProxy) {
        match self {
            Self::Cut => proxy.cut(),
            Self::Stall => proxy.stall(),
        }
    }
}

/// A database and a key prefix of a test's own, each by way of a proxy.
pub struct Stores {
    pub database: TestDatabase,
    pub to_postgres: ChaosProxy,
    pub redis: TestRedis,
    pub to_redis: ChaosProxy,
}

impl Stores {
    pub async fn new() -> Self {
        let (database, redis) = (TestDatabase::create().await, test_redis());
        let to_postgres = ChaosProxy::before(&database.address());
        let to_redis = ChaosProxy::before(&redis.address());
        Self { database, to_postgres, redis, to_redis }
    }

    /// A program on them, with a data folder of its own.
    pub fn launch(&self) -> Launch {
        Launch::program("mcp-registry").envs(&[
            ("DATABASE_URL", &self.database.through(&self.to_postgres)),
            ("MREG_POSTGRES_MIN_CONNECTIONS", "1"),
            ("MREG_POSTGRES_MAX_CONNECTIONS", "8"),
            ("MREG_POSTGRES_POOL_TIMEOUT", "5"),
            ("MREG_REDIS_URL", &self.redis.through(&self.to_redis)),
            ("MREG_REDIS_KEY_PREFIX", self.redis.prefix()),
        ])
    }

    /// What a query finds, asked directly.
    pub async fn rows(&self, query: &str) -> Vec<Row> {
        let (client, connection) =
            tokio_postgres::connect(self.database.url(), NoTls).await.unwrap();
        let asked = async {
            let client = client;
            client.query(query, &[]).await.unwrap()
        };
        let (rows, _end) = tokio::join!(asked, connection);
        rows
    }

    /// The one number that a query finds.
    pub async fn number(&self, query: &str) -> i64 {
        self.rows(query).await[0].get(0)
    }
}

/// A running program, an administrator of it and a user.
pub struct Replica {
    pub program: Program,
    pub admin: String,
    pub user: String,
}

impl Replica {
    pub async fn start(stores: &Stores, settings: &[(&str, &str)]) -> Self {
        Self::of(stores.launch().envs(settings).start().await).await
    }

    pub async fn of(program: Program) -> Self {
        let admin = token(&program, json!({ "subject": "root", "roles": ["admin"] })).await;
        let user = token(&program, json!({ "subject": USER })).await;
        Self { program, admin, user }
    }

    /// The REST API, called by the administrator.
    pub fn registry(&self) -> Api {
        Api::service(&self.program).with_token(&self.admin)
    }

    /// The gateway, called by the user.
    pub fn mcp(&self) -> Api {
        Api::gateway(&self.program).with_token(&self.user)
    }

    /// `GET /health` of the REST API.
    pub async fn health(&self) -> Answer {
        Api::service(&self.program).get("/health").await
    }

    /// Waits until the REST API's health has this status, with this code.
    pub async fn turns(&self, status: &str, code: u16) {
        eventually(&format!("/health says {status}"), async || {
            let health = self.health().await;
            (health.status == code && health.json()["status"] == status).then_some(())
        })
        .await;
    }

    /// Waits until the gateway's health, which answers all the while, has this status.
    pub async fn gateway_turns(&self, status: &str) {
        let gateway = Api::gateway(&self.program);
        eventually(&format!("the gateway's /health says {status}"), async || {
            let health = gateway.get("/health").await.expect(200).json();
            (health["status"] == status).then_some(())
        })
        .await;
    }

    /// Submits the server at `url`, and waits until what it offers has been read.
    pub async fn submit(&self, alias: &str, url: &str) -> String {
        let answer = self.registry().post("/registrations", &draft(alias, url)).await;
        let id = answer.expect(201).json()["registration_id"].as_str().unwrap().to_owned();
        eventually("what the server offers was read", async || {
            let shown = self.registry().get(&format!("/registrations/{id}")).await.expect(200);
            (shown.json()["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        id
    }

    pub async fn approve(&self, id: &str) {
        let path = format!("/registrations/{id}/status");
        self.registry().patch(&path, &json!({ "status": "Approved" })).await.expect(200);
    }

    /// Submits and approves; the gateway serves it when this returns.
    pub async fn list(&self, alias: &str, url: &str) -> String {
        let id = self.submit(alias, url).await;
        self.approve(&id).await;
        self.serves(alias).await;
        id
    }

    /// Waits until the gateway serves the server of this alias.
    pub async fn serves(&self, alias: &str) {
        let admin = Api::gateway(&self.program).with_token(&self.admin);
        eventually(&format!("the gateway serves {alias}"), async || {
            let list = admin.mcp(&path(alias), "tools/list", json!({})).await;
            (list.status == 200).then_some(())
        })
        .await;
    }

    /// Calls `echo` of the server of this alias, as the user.
    pub async fn echo(&self, alias: &str, text: &str) {
        let answer = self.mcp().call_tool(&path(alias), "echo", json!({ "text": text })).await;
        assert_eq!(answer.expect(200).rpc()["result"]["content"][0]["text"], text);
    }

    /// Waits until the program has logged a line with this in it.
    pub async fn logs(&self, part: &str) -> Value {
        eventually(&format!("the program logs {part:?}"), async || {
            let logs = self.program.logs().into_iter();
            logs.rev().find(|line| line.to_string().contains(part))
        })
        .await
    }
}

/// A server's own endpoint at the gateway.
pub fn path(alias: &str) -> String {
    format!("/servers/{alias}/mcp")
}

pub fn draft(alias: &str, url: &str) -> Value {
    json!({
        "endpoint_url": url,
        "endpoint_name": format!("Server {alias}"),
        "owner_contact": "owner@example.com",
        "alias": alias,
    })
}

/// Checks that an answer is the problem of a store that is away: when to come again, and which
/// request it was.
pub fn told_to_come_again(answer: Answer) {
    let answer = answer.expect(503);
    let seconds: u64 = answer.header("retry-after").parse().expect("Retry-After in seconds");
    assert!(seconds >= 1, "{seconds}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["error"], "DATABASE_UNAVAILABLE", "{problem}");
    assert_eq!(problem["status"], 503, "{problem}");
    for member in ["type", "title", "detail", "instance", "message", "request_id", "timestamp"] {
        assert!(problem[member].is_string(), "{member} in {problem}");
    }
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
}
