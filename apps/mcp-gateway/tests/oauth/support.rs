//! A running product whose people sign in at a stand-in for Entra, with approved servers.

use registry_testkit::entra::Entra;
use registry_testkit::{Api, Launch, Program, eventually};
use serde_json::{Value, json};

use crate::browser::{Browser, Client};

/// The product, its Entra, and what an administrator does.
pub struct World {
    pub program: Program,
    pub entra: Entra,
}

impl World {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Both servers in one process.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let entra = Entra::new();
        let program = launch("mcp-registry", &entra, settings).start().await;
        entra.allow_redirect(&format!("{}/auth/callback", base_of(&program)));
        Self { program, entra }
    }

    /// The gateway as its clients know it: the issuer.
    pub fn base(&self) -> String {
        base_of(&self.program)
    }

    /// The gateway, by anybody.
    pub fn gateway(&self) -> Api {
        Api::new(self.base())
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base())
    }

    /// A client that registered itself.
    pub async fn client(&self) -> Client {
        Client::registered(&self.gateway()).await
    }

    /// Lists a server for everybody; the gateway serves it when this returns.
    pub async fn list(&self, alias: &str, url: &str) {
        let admin = self.entra.access_token("Grace");
        let api = Api::service(&self.program).with_token(&admin);
        let draft = json!({
            "endpoint_url": url, "endpoint_name": format!("Server {alias}"),
            "owner_contact": "owner@example.com", "alias": alias,
        });
        let made = api.post("/registrations", &draft).await.expect(201).json();
        let id = made["registration_id"].as_str().unwrap().to_owned();
        eventually("what the server offers was read", async || {
            let shown = api.get(&format!("/registrations/{id}")).await.json();
            (shown["discovery"]["state"] == "complete").then_some(())
        })
        .await;
        let path = format!("/registrations/{id}/status");
        api.patch(&path, &json!({ "status": "Approved" })).await.expect(200);
        let api = self.gateway().with_token(&admin);
        eventually("the gateway serves the server", async || {
            let list = api.mcp(&format!("/servers/{alias}/mcp"), "tools/list", json!({})).await;
            (list.status == 200).then_some(())
        })
        .await;
    }

    /// Whether a token opens the federated endpoint.
    pub async fn opens(&self, token: &str) -> u16 {
        let api = self.gateway().with_token(token);
        api.mcp("/mcp", "tools/list", json!({})).await.status.as_u16()
    }
}

/// A program whose people sign in at `entra`.
pub fn launch(name: &str, entra: &Entra, settings: &[(&str, &str)]) -> Launch {
    let ours = entra.settings();
    let ours: Vec<(&str, &str)> =
        ours.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Launch::program(name).envs(&ours).envs(settings)
}

/// The gateway's address by the name that it gives itself.
pub fn base_of(program: &Program) -> String {
    format!("http://localhost:{}", program.gateway_port())
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).expect("a JWT");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&json).expect("claims")
}
