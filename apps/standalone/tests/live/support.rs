//! A running registry, and those who listen to it.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::Request;
use registry_testkit::{
    Api, ChaosProxy, DEADLINE, Event, EventStream, Launch, Program, TestDatabase, TestRedis,
    eventually, test_redis, token,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The program, with an administrator and a user.
pub struct Registry {
    pub program: Program,
    pub admin_token: String,
    pub user_token: String,
    pub admin: Api,
    pub user: Api,
}

impl Registry {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(Program::start("mcp-registry", settings).await).await
    }

    pub async fn of(program: Program) -> Self {
        let admin_token = token(&program, json!({"subject": "root", "roles": ["admin"]})).await;
        let user_token = token(&program, json!({"subject": "ada"})).await;
        let signed_in = |token: &str| Api::service(&program).with_token(token);
        let (admin, user) = (signed_in(&admin_token), signed_in(&user_token));
        Self { program, admin_token, user_token, admin, user }
    }

    /// Somebody's token.
    pub async fn token(&self, claims: Value) -> String {
        token(&self.program, claims).await
    }

    /// Both ports, as bases.
    pub fn ports(&self) -> [String; 2] {
        [self.program.service_url(), self.program.gateway_url()]
    }

    /// Submits a server that does not answer; the registration's id.
    pub async fn submit(&self, name: &str) -> String {
        submit(&self.user, name).await
    }

    /// Approves a registration.
    pub async fn approve(&self, id: &str) -> Value {
        let path = format!("/registrations/{id}/status");
        self.admin.patch(&path, &json!({"status": "Approved"})).await.expect(200).json()
    }

    /// Submits and approves a server that does not answer; the server's id, once the gateway knows
    /// of it.
    pub async fn server(&self, name: &str) -> String {
        let mut feed = Sse::of(&self.program.service_url(), "/api/v1/events/servers", "").await;
        feed.first().await;
        self.approve(&self.submit(name).await).await;
        let frame = feed.until("server_registered").await;
        let id = text(&frame["payload"], "server_id").to_owned();
        let gateway = Api::gateway(&self.program);
        eventually("the gateway knows the server", async || {
            let health = gateway.get("/health").await.expect(200).json();
            (health["components"]["router"]["servers"].as_u64() >= Some(1)).then_some(())
        })
        .await;
        id
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

    pub async fn replica(&self) -> Registry {
        self.replica_with(&[]).await
    }

    pub async fn replica_with(&self, settings: &[(&str, &str)]) -> Registry {
        let launch = self.on_postgres().envs(settings).envs(&[
            ("MREG_REDIS_URL", &self.redis.through(&self.to_redis)),
            ("MREG_REDIS_KEY_PREFIX", self.redis.prefix()),
        ]);
        Registry::of(launch.start().await).await
    }

    /// One that meets others at PostgreSQL alone.
    pub async fn replica_without_redis(&self) -> Registry {
        // Also where the suite gives each program a Redis of its own.
        Registry::of(self.on_postgres().envs(&[("MREG_REDIS_URL", "")]).start().await).await
    }

    fn on_postgres(&self) -> Launch {
        Launch::program("mcp-registry").envs(&[
            ("DATABASE_URL", &self.database.through(&self.to_postgres)),
            ("MREG_POSTGRES_MIN_CONNECTIONS", "1"),
            ("MREG_POSTGRES_MAX_CONNECTIONS", "8"),
            ("MREG_POSTGRES_POOL_TIMEOUT", "5"),
        ])
    }
}

/// Submits a server that does not answer; the registration's id.
pub async fn submit(api: &Api, name: &str) -> String {
    let draft = json!({
        "endpoint_url": format!("http://127.0.0.1:1/{}", name.replace(' ', "-")),
        "endpoint_name": name,
        "owner_contact": "Team Weather",
    });
    let registration = api.post("/registrations", &draft).await.expect(201).json();
    text(&registration, "registration_id").to_owned()
}

/// A member that has to be a text.
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {value}"))
}

/// An event stream.
pub struct Sse {
    pub stream: EventStream,
}

impl Sse {
    /// Opens one; it has to be one. Without a token where that is empty.
    pub async fn of(base: &str, path: &str, token: &str) -> Self {
        Self::with(base, path, token, &[]).await
    }

    pub async fn with(base: &str, path: &str, token: &str, headers: &[(&str, &str)]) -> Self {
        let mut api = Api::new(base);
        if !token.is_empty() {
            api = api.with_token(token);
        }
        for (name, value) in headers {
            api = api.with_header(name, value);
        }
        let stream = api.open(path, Request::new(Bytes::new())).await;
        assert_eq!(stream.status, 200, "{path}");
        assert_eq!(stream.headers["content-type"], "text/event-stream");
        Self { stream }
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        self.stream.next().await.expect("the stream goes on")
    }

    /// The first frame, which says that one is connected.
    pub async fn first(&mut self) -> Value {
        let event = self.next().await;
        assert_eq!(event.name.as_deref(), Some("connection_status"), "{event:?}");
        frame(&event)
    }

    /// The next frame of a type; others are passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        in_time(kind, async {
            loop {
                let event = self.next().await;
                if event.name.as_deref() == Some(kind) {
                    return frame(&event);
                }
            }
        })
        .await
    }

    /// The frames of these types, until so many have come.
    pub async fn take(&mut self, kind: &str, count: usize) -> Vec<Value> {
        let mut frames = Vec::new();
        while frames.len() < count {
            frames.push(self.until(kind).await);
        }
        frames
    }
}

/// An event's frame, which says the same as the event's own fields.
pub fn frame(event: &Event) -> Value {
    let frame = event.json();
    assert_eq!(Some(text(&frame, "type")), event.name.as_deref(), "{frame}");
    assert_eq!(event.id, frame["seq"].as_i64().map(|seq| seq.to_string()), "{frame}");
    assert!(frame["payload"].is_object(), "{frame}");
    assert!(text(&frame, "timestamp").ends_with('Z'), "{frame}");
    frame
}

/// A WebSocket.
#[derive(Debug)]
pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
}

/// Waits for what has to come: heartbeats come for ever, so each of them alone proves nothing.
async fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> T {
    let come = tokio::time::timeout(DEADLINE, coming).await;
    come.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain for {what}"))
}

/// How a WebSocket ended: code and reason.
pub type End = (u16, String);

impl Socket {
    /// Opens one, or says what was answered in its place: status, and the problem's `error`.
    pub async fn open(
        base: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, (u16, String)> {
        let url = format!("{}{path}", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match tokio::time::timeout(DEADLINE, connect_async(request)).await.expect("an answer") {
            Ok((stream, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|name| name.to_str().unwrap().to_owned());
                Ok(Self { stream, protocol })
            }
            Err(Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
                Err((
                    response.status().as_u16(),
                    problem["error"].as_str().unwrap_or("").to_owned(),
                ))
            }
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Opens one with a token; it has to be let in.
    pub async fn of(base: &str, path: &str, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let headers: &[(&str, &str)] =
            if token.is_empty() { &[] } else { &[("authorization", &bearer)] };
        Self::open(base, path, headers).await.unwrap()
    }

    /// The next frame, or how the socket ended.
    pub async fn next(&mut self) -> Result<Value, End> {
        loop {
            let message = tokio::time::timeout(DEADLINE, self.stream.next()).await;
            match message.expect("a message before the deadline") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Some(Ok(Message::Close(None))) => return Err((1005, String::new())),
                Some(Ok(_)) => {}
                other => return Err((1006, format!("{other:?}"))),
            }
        }
    }

    /// The next frame of a type; others are passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        in_time(kind, async {
            loop {
                let frame = self.next().await.unwrap();
                if frame["type"] == kind {
                    return frame;
                }
            }
        })
        .await
    }

    /// How the socket ends; frames before that are passed over.
    pub async fn end(&mut self) -> End {
        in_time("the end", async {
            loop {
                if let Err(end) = self.next().await {
                    return end;
                }
            }
        })
        .await
    }

    pub async fn say(&mut self, message: impl Into<Message>) {
        self.stream.send(message.into()).await.unwrap();
    }
}

/// A one-time ticket of a token's holder.
pub async fn ticket(base: &str, token: &str) -> String {
    let answer = Api::new(base).with_token(token).post("/ws/ticket", &json!({})).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let shown = answer.json();
    assert_eq!(shown["expires_in"], 30, "{shown}");
    text(&shown, "ticket").to_owned()
}

/// What an address answers that is no stream: status and `error`.
pub async fn refused(base: &str, path: &str, token: &str) -> (u16, String) {
    let mut api = Api::new(base);
    if !token.is_empty() {
        api = api.with_token(token);
    }
    let answer = api.get(path).await;
    (answer.status.as_u16(), text(&answer.json(), "error").to_owned())
}
