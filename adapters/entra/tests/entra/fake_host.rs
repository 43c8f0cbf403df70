//! An issuer's web host on a loopback port: serves documents by path, counts what is asked, and
//! can be down.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use url::Url;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Up,
    /// Closes connections without an answer.
    Down,
    /// Accepts connections and says nothing.
    Silent,
}

struct State {
    documents: HashMap<String, String>,
    asked: HashMap<String, usize>,
    mood: Mood,
    silenced: Vec<TcpStream>,
}

/// The host. Its tenant's discovery document is there from the start, its keys are what the test
/// publishes.
pub struct FakeHost {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeHost {
    pub async fn start(tenant: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            documents: HashMap::new(),
            asked: HashMap::new(),
            mood: Mood::Up,
            silenced: Vec::new(),
        }));
        let host = Self { address, state };
        let discovery = json!({"issuer": "ignored", "jwks_uri": host.keys_url()});
        let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        host.publish(&path, &discovery.to_string());
        let state = Arc::clone(&host.state);
        Handle::current().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                Handle::current().spawn(answer(stream, Arc::clone(&state)));
            }
        });
        host
    }

    pub fn authority(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn keys_url(&self) -> Url {
        format!("http://{}/keys", self.address).parse().unwrap()
    }

    pub fn publish(&self, path: &str, document: &str) {
        self.state.lock().documents.insert(path.to_owned(), document.to_owned());
    }

    pub fn publish_keys(&self, keys: &[Value]) {
        self.publish("/keys", &json!({ "keys": keys }).to_string());
    }

    /// How often the keys were asked for.
    pub fn fetches(&self) -> usize {
        self.state.lock().asked.get("/keys").copied().unwrap_or_default()
    }

    pub fn go_down(&self) {
        self.state.lock().mood = Mood::Down;
    }

    pub fn fall_silent(&self) {
        self.state.lock().mood = Mood::Silent;
    }

    pub fn come_up(&self) {
        self.state.lock().mood = Mood::Up;
    }
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let document = {
        let mut state = state.lock();
        *state.asked.entry(path.clone()).or_default() += 1;
        match state.mood {
            Mood::Up => state.documents.get(&path).cloned(),
            Mood::Down => return,
            Mood::Silent => return state.silenced.push(stream),
        }
    };
    let (status, body) = document.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
    let length = body.len();
    let text =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    // The client may hang up half-way through a document that is too large.
    _ = stream.write_all(text.as_bytes()).await;
}
