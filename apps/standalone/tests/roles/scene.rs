//! A running product, everybody who may come, and what they do something to.

use bytes::Bytes;
use http::{Request, header};
use registry_testkit::{Api, DataDir, Launch, Program, eventually, token};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::table::{Before, Body, Port, Row};

/// How open the management of servers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Open,
    Protected,
    ReadOnly,
}

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Nobody signed in.
    Stranger,
    /// Signed in; submits the registrations.
    User,
    /// With the role; lists the servers.
    Owner,
    /// With the role, in another tenant.
    Foreign,
    Admin,
}

impl Who {
    pub const ALL: [Self; 5] =
        [Self::Stranger, Self::User, Self::Owner, Self::Foreign, Self::Admin];

    fn claims(self) -> Option<Value> {
        match self {
            Self::Stranger => None,
            Self::User => Some(json!({ "subject": "ada", "tenant": "contoso" })),
            Self::Owner => {
                Some(json!({ "subject": "bob", "tenant": "contoso", "roles": ["server_owner"] }))
            }
            Self::Foreign => {
                Some(json!({ "subject": "eve", "tenant": "fabrikam", "roles": ["server_owner"] }))
            }
            Self::Admin => {
                Some(json!({ "subject": "root", "tenant": "contoso", "roles": ["admin"] }))
            }
        }
    }
}

/// Limits are no part of this.
const SETTINGS: [(&str, &str); 3] = [
    ("MREG_FASTMCP_ENABLE_RATE_LIMITING", "false"),
    ("MREG_PUBLIC_PROXY_ENABLED", "true"),
    ("MREG_SECURITY_ENABLE_API_KEYS", "true"),
];

/// The alias of the server that the gateway serves to one tenant.
const ALIAS: &str = "shown";

/// The slug of the collection that the gateway serves to the same.
const SLUG: &str = "office";

pub struct Scene {
    program: Program,
    mode: Mode,
    tokens: Vec<(Who, Option<String>)>,
    user_id: String,
    /// A server that was listed while that could be done.
    listed: String,
    made: AtomicU32,
}

impl Scene {
    pub async fn start(mode: Mode) -> Self {
        let data = DataDir::new();
        let start = async |mode: &str| {
            let launch = Launch::program("mcp-registry").data_dir(&data).envs(&SETTINGS);
            launch.envs(&[("MREG_PUBLIC_API_MODE", mode)]).start().await
        };
        let (listed, program) = match mode {
            Mode::Open => (Self::furnish(&start("open").await).await, start("open").await),
            Mode::Protected => {
                (Self::furnish(&start("protected").await).await, start("protected").await)
            }
            Mode::ReadOnly => {
                (Self::furnish(&start("protected").await).await, start("read_only").await)
            }
        };
        let mut tokens = vec![];
        for who in Who::ALL {
            let token = match who.claims() {
                Some(claims) => Some(token(&program, claims).await),
                None => None,
            };
            tokens.push((who, token));
        }
        let (user_id, count) = (String::new(), AtomicU32::new(0));
        let mut scene = Self { program, mode, tokens, user_id, listed, made: count };
        let me = scene.api(Port::Api, Who::User).get("/users/me").await.expect(200).json();
        scene.user_id = text(&me, "user_id");
        let gateway = scene.api(Port::Gateway, Who::Admin);
        for path in [format!("/servers/{ALIAS}/mcp"), format!("/collections/{SLUG}/mcp")] {
            eventually("the gateway knows the server and the collection", async || {
                (gateway.mcp(&path, "tools/list", json!({})).await.status == 200).then_some(())
            })
            .await;
        }
        scene
    }

    /// Lists what has to be there from the beginning: the administrator's server that the gateway
    /// serves, and the owner's. Answers the latter's id.
    async fn furnish(program: &Program) -> String {
        let api = async |who: Who| {
            let token = token(program, who.claims().unwrap()).await;
            Api::service(program).with_token(&token)
        };
        let served = json!({
            "name": ALIAS, "endpoint_url": "http://127.0.0.1:1/shown", "transport_type": "http",
            "auto_discover": false, "tenant_id": "contoso", "alias": ALIAS,
        });
        api(Who::Admin).await.post("/api/v1/servers", &served).await.expect(201);
        let collection = json!({ "slug": SLUG, "name": "Office" });
        api(Who::Admin).await.post("/api/v1/collections", &collection).await.expect(201);
        let owned = api(Who::Owner).await.post("/api/v1/servers", &draft_server("owned")).await;
        text(&owned.expect(201).json(), "id")
    }

    /// A port, without a token.
    pub fn at(&self, port: Port) -> Api {
        match port {
            Port::Api => Api::service(&self.program),
            Port::Gateway => Api::gateway(&self.program),
        }
    }

    fn api(&self, port: Port, who: Who) -> Api {
        let token =
            self.tokens.iter().find(|(one, _)| *one == who).and_then(|(_, token)| token.as_ref());
        match token {
            Some(token) => self.at(port).with_token(token),
            None => self.at(port),
        }
    }

    /// Tries an operation on what was made for this try; the answer's status. What comes after its
    /// head is not read: some answers have no end.
    pub async fn attempt(&self, row: &Row, who: Who) -> u16 {
        let (path, target) = self.target(row).await;
        let mut request = self.request(row.body, &target);
        *request.method_mut() = row.method();
        self.api(row.port, who).open(&path, request).await.status.as_u16()
    }

    /// The row's path with the ids of what it is about, and the server among these.
    async fn target(&self, row: &Row) -> (String, String) {
        let mut path = row.path.to_owned();
        let mut server = self.listed.clone();
        let writes_servers = path.contains("{server_id}") || row.body == Body::Replacements;
        if writes_servers && self.mode != Mode::ReadOnly {
            let owner = self.api(Port::Api, Who::Owner);
            let made = owner.post("/api/v1/servers", &draft_server(&self.unique())).await;
            server = text(&made.expect(201).json(), "id");
        }
        if path.contains("{key_id}") {
            let admin = self.api(Port::Api, Who::Admin);
            let key = json!({ "name": self.unique(), "scopes": ["mcp"] });
            let made = admin.post("/api/v1/api-keys", &key).await.expect(201);
            path = path.replace("{key_id}", &text(&made.json(), "key_id"));
        }
        if path.contains("{collection_id}") {
            let admin = self.api(Port::Api, Who::Admin);
            let made = admin.post("/api/v1/collections", &collection(&self.unique())).await;
            path =
                path.replace("{collection_id}", &text(&made.expect(201).json(), "collection_id"));
        }
        if path.contains("{registration_id}") {
            let id = self.registration(row.before).await;
            path = path.replace("{registration_id}", &id);
            let base = format!("/registrations/{id}");
            let user = self.api(Port::Api, Who::User);
            if path.contains("{document_id}") {
                let made = user.request(&format!("{base}/documents"), form("a.md")).await;
                path =
                    path.replace("{document_id}", &text(&made.expect(201).json(), "document_id"));
            }
            if path.contains("{link_id}") {
                let made = user.post(&format!("{base}/links"), &link()).await.expect(201);
                path = path.replace("{link_id}", &text(&made.json(), "link_id"));
            }
        }
        let path = path
            .replace("{server_id}", &server)
            .replace("{user_id}", &self.user_id)
            .replace("{request_id}", "00000000-0000-4000-8000-000000000000")
            .replace("{alias}", if row.port == Port::Gateway { ALIAS } else { "" })
            .replace("{slug}", SLUG)
            .replace("{topic}", "servers");
        let path = match path.as_str() {
            "/api/v1/discovery/tools" => format!("{path}?tools=a"),
            "/api/v1/discovery/resources" => format!("{path}?resources=a"),
            "/registrations/by-url" => {
                let id = self.registration(Before::Pending).await;
                let user = self.api(Port::Api, Who::User);
                let shown = user.get(&format!("/registrations/{id}")).await.expect(200).json();
                format!("{path}?endpoint_url={}", text(&shown, "endpoint_url"))
            }
            _ => path,
        };
        (path, server)
    }

    /// A registration of the user's; its id.
    async fn registration(&self, before: Before) -> String {
        let user = self.api(Port::Api, Who::User);
        let made = user.post("/registrations", &draft(&self.unique())).await.expect(201);
        let id = text(&made.json(), "registration_id");
        let status = match before {
            Before::Pending => return id,
            Before::Rejected => "Rejected",
            Before::Approved => "Approved",
        };
        let admin = self.api(Port::Api, Who::Admin);
        let decided =
            admin.patch(&format!("/registrations/{id}/status"), &json!({ "status": status })).await;
        decided.expect(200);
        id
    }

    /// A name that nothing has yet.
    fn unique(&self) -> String {
        format!("thing-{}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    fn request(&self, body: Body, server: &str) -> Request<Bytes> {
        let name = self.unique();
        let digest = format!("sha256:{}", "0".repeat(64));
        match body {
            Body::Nothing => Request::default(),
            Body::Draft => of_json(&draft(&name)),
            Body::Decision => of_json(&json!({ "status": "Rejected" })),
            Body::Document => form("a.md"),
            Body::Link => of_json(&link()),
            Body::Server => of_json(&draft_server(&name)),
            Body::Servers => of_json(&json!({ "servers": [draft_server(&name)] })),
            Body::Replacements => {
                let mut item = draft_server(&name);
                item["id"] = server.into();
                of_json(&json!({ "servers": [item] }))
            }
            Body::ImportFile => form_of("a.json", &json!([draft_server(&name)]).to_string()),
            Body::Health => of_json(&json!({ "health_status": "maintenance" })),
            Body::DriftSeen => of_json(&json!({ "manifest_digest": digest })),
            Body::Rules => of_json(&json!({ "rules": [] })),
            Body::Credential => of_json(&json!({
                "kind": "header", "header_name": "X-Api-Key", "value": "a key",
            })),
            Body::Collection => of_json(&collection(&name)),
            Body::Key => of_json(&json!({ "name": name, "scopes": ["api"] })),
            Body::Claims => of_json(&json!({ "subject": "mallory" })),
            Body::Message => of_json(&json!({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": { "name": "nonesuch", "arguments": {} },
            })),
            Body::Wrapped => of_json(&json!({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": { "name": "nonesuch", "arguments": {} }, "required_tools": ["nonesuch"],
            })),
            Body::Socket => Request::builder()
                .header(header::CONNECTION, "Upgrade")
                .header(header::UPGRADE, "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
                .body(Bytes::new())
                .unwrap(),
        }
    }
}

fn of_json(body: &Value) -> Request<Bytes> {
    Request::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .body(body.to_string().into())
        .unwrap()
}

fn form(file_name: &str) -> Request<Bytes> {
    form_of(file_name, "# words")
}

fn form_of(file_name: &str, content: &str) -> Request<Bytes> {
    let body = format!(
        "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\n\
         {content}\r\n--XyZ--\r\n"
    );
    Request::post("/")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XyZ")
        .body(body.into())
        .unwrap()
}

fn draft(name: &str) -> Value {
    json!({
        "endpoint_url": format!("http://127.0.0.1:1/{name}"), "endpoint_name": name,
        "owner_contact": "Team",
    })
}

fn collection(slug: &str) -> Value {
    json!({ "slug": slug, "name": "Things" })
}

fn draft_server(name: &str) -> Value {
    json!({
        "name": name, "endpoint_url": format!("http://127.0.0.1:1/{name}"),
        "transport_type": "http", "auto_discover": false,
    })
}

fn link() -> Value {
    json!({ "rel": "documentation", "url": "https://docs.example.com/" })
}

fn text(value: &Value, member: &str) -> String {
    let text = value[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {value}"));
    text.to_owned()
}
