//! Upstreams made for tests: on loopback, and in control of every byte they send.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use registry_domain::endpoint::EndpointUrl;
use registry_upstream::{HttpUpstream, UpstreamSettings};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A client with the bounds of tests.
pub fn client() -> HttpUpstream {
    HttpUpstream::new(UpstreamSettings::for_testing())
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
    /// Which connection it came over, counted from 1.
    pub connection: usize,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The JSON-RPC method, or the HTTP method where there is no message.
    pub fn asks(&self) -> String {
        let message = self.json();
        message.get("method").and_then(Value::as_str).unwrap_or(&self.method).to_owned()
    }
}

/// One connection to a scripted upstream.
pub struct Connection {
    stream: TcpStream,
    number: usize,
    unread: Vec<u8>,
}

impl Connection {
    /// Reads one request; `None` when the client has closed the connection.
    pub async fn request(&mut self) -> Option<Seen> {
        let head_end = loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if self.stream.read_buf(&mut self.unread).await.unwrap_or(0) == 0 {
                return None;
            }
        };
        let head = String::from_utf8(self.unread.drain(..head_end + 4).collect()).unwrap();
        let mut lines = head.lines();
        let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
        while self.unread.len() < length {
            if self.stream.read_buf(&mut self.unread).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        let body = String::from_utf8(self.unread.drain(..length).collect()).unwrap();
        let (method, path) = (first.next().unwrap(), first.next().unwrap());
        Some(Seen { method, path, headers, body, connection: self.number })
    }

    /// Sends bytes at once.
    pub async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends one chunk of a chunked body.
    pub async fn chunk(&mut self, text: &str) {
        self.write(&format!("{:x}\r\n{text}\r\n", text.len())).await;
    }

    /// Says that nothing more comes.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Waits until the client has closed the connection.
    pub async fn closed(&mut self) {
        while self.stream.read_buf(&mut self.unread).await.unwrap_or(0) > 0 {}
    }
}

/// An upstream whose connections run a script.
pub struct Scripted {
    pub address: SocketAddr,
    _connections: JoinSet<()>,
}

impl Scripted {
    /// Runs `script` for every connection.
    pub async fn run<F, S>(script: F) -> Self
    where
        F: Fn(Connection) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut scripts = JoinSet::new();
            for number in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                scripts.spawn(script(Connection { stream, number, unread: Vec::new() }));
            }
        });
        Self { address, _connections: connections }
    }

    pub fn endpoint(&self) -> EndpointUrl {
        EndpointUrl::parse(&format!("http://{}/mcp", self.address)).unwrap()
    }
}

/// An upstream that answers each request with a whole response, and remembers what it was asked.
pub struct Answering {
    scripted: Scripted,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Answering {
    pub async fn with(answer: impl Fn(&Seen) -> String + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        let scripted = Scripted::run(move |mut connection| {
            let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
            async move {
                while let Some(request) = connection.request().await {
                    let response = answer(&request);
                    log.lock().push(request);
                    connection.write(&response).await;
                }
            }
        })
        .await;
        Self { scripted, seen }
    }

    pub fn endpoint(&self) -> EndpointUrl {
        self.scripted.endpoint()
    }

    /// Its address without a path.
    pub fn host(&self) -> EndpointUrl {
        EndpointUrl::parse(&format!("http://{}", self.scripted.address)).unwrap()
    }

    /// Which paths were asked, in order.
    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.seen().iter().map(Seen::asks).collect()
    }
}

/// A whole response.
pub fn response(status: u16, content_type: &str, extra: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\n{extra}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A JSON response.
pub fn json(status: u16, body: &str) -> String {
    response(status, "application/json", "", body)
}

/// A successful JSON-RPC answer to a request.
pub fn result(to: &Seen, result: &str) -> String {
    json(200, &format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, to.json()["id"]))
}

/// A JSON-RPC error that answers a request.
pub fn error(to: &Seen, status: u16, code: i64) -> String {
    let id = &to.json()["id"];
    json(
        status,
        &format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"no"}}}}"#),
    )
}
