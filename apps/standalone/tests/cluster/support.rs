//! A cluster, who uses it, and a server that it serves.

use registry_testkit::{
    Answer, Api, Cluster, Kind, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

/// The alias of the server that is served.
pub const ALIAS: &str = "files";

pub struct World {
    pub cluster: Cluster,
    pub upstream: RmcpServer,
}

impl World {
    /// A cluster whose replicas all serve one server.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::on(Cluster::start(settings).await).await
    }

    /// The same on PostgreSQL alone.
    pub async fn without_redis() -> Self {
        Self::on(Cluster::without_redis(&[]).await).await
    }

    async fn on(cluster: Cluster) -> Self {
        let world = Self { cluster, upstream: RmcpServer::start(RmcpOptions::default()) };
        world.list(ALIAS, &world.upstream.url()).await;
        for api in world.cluster.replicas(Kind::Api) {
            world.proxies(&api.service_url()).await;
        }
        world
    }

    /// Submits and approves the server at `url`; all gateways serve it when this returns. Its id.
    pub async fn list(&self, alias: &str, url: &str) -> String {
        let (admin, name) = (self.api_as("Grace"), format!("Server {alias}"));
        let draft = json!({
            "endpoint_url": url, "endpoint_name": name,
            "owner_contact": "owner@example.com", "alias": alias,
        });
        let made = admin.post("/registrations", &draft).await.expect(201).json();
        let path = format!("/registrations/{}", made["registration_id"].as_str().unwrap());
        eventually("what the server offers was read", async || {
            let shown = admin.get(&path).await.expect(200).json();
            (shown["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        let status = json!({ "status": "Approved" });
        let approved = admin.patch(&format!("{path}/status"), &status).await.expect(200).json();
        for gateway in self.cluster.replicas(Kind::Gateway) {
            self.serves_at(&gateway.gateway_url(), alias).await;
        }
        approved["server_id"].as_str().unwrap().to_owned()
    }

    /// Waits until the gateway at this base serves the server.
    pub async fn serves(&self, base: &str) {
        self.serves_at(base, ALIAS).await;
    }

    async fn serves_at(&self, base: &str, alias: &str) {
        let path = format!("/servers/{alias}/mcp");
        let api = Api::new(base).with_token(&self.cluster.entra.access_token("Grace"));
        eventually("the gateway serves the server", async || {
            let list = api.mcp(&path, "tools/list", json!({})).await;
            (list.status == 200).then_some(())
        })
        .await;
    }

    async fn proxies(&self, base: &str) {
        let api = Api::new(base);
        eventually("the API knows the server", async || {
            let answer = api.post("/mcp/proxy", &call("echo", &json!({"text": "x"}))).await;
            (answer.status == 200).then_some(())
        })
        .await;
    }

    /// The public APIs, each request on a connection of its own: it goes to the next replica.
    pub fn apis(&self) -> Api {
        Api::new(self.cluster.to_apis.url()).with_header("connection", "close")
    }

    pub fn api_as(&self, who: &str) -> Api {
        self.apis().with_token(&self.cluster.entra.access_token(who))
    }

    /// One of the gateways.
    pub fn gateway(&self, which: usize) -> Api {
        let base = self.cluster.replicas(Kind::Gateway)[which].gateway_url();
        Api::new(base).with_token(&self.cluster.entra.access_token("Ada"))
    }

    /// The gateways, likewise.
    pub fn gateways(&self) -> Api {
        Api::new(self.cluster.to_gateways.url()).with_header("connection", "close")
    }

    pub fn gateway_as(&self, who: &str) -> Api {
        self.gateways().with_token(&self.cluster.entra.access_token(who))
    }
}

/// The server's endpoint at the gateways.
pub fn path() -> String {
    format!("/servers/{ALIAS}/mcp")
}

/// A call for the proxy.
pub fn call(tool: &str, arguments: &Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": params })
}

/// What `echo` said, or else what was answered.
pub fn echoed(answer: &Answer) -> Result<String, String> {
    let rpc = if answer.status == 200 { answer.rpc() } else { Value::Null };
    match rpc["result"]["content"][0]["text"].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("{}: {}", answer.status, answer.text())),
    }
}
