//! What an upstream saw: requests as they arrived, and connections.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{HeaderMap, Method};
use parking_lot::Mutex;
use serde_json::Value;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The HTTP method.
    pub method: Method,
    /// The path, with its query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
}

impl Seen {
    /// The JSON-RPC method of the body, or "".
    pub fn rpc_method(&self) -> String {
        let message: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        message.get("method").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The JSON-RPC message.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request's body is JSON")
    }

    /// A header's text, or "" when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Counts and keeps; clones share.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Meter {
    /// One more TCP connection.
    pub fn connected(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    /// One more request.
    pub fn record(&self, seen: Seen) {
        self.seen.lock().push(seen);
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// How many requests so far.
    pub fn requests(&self) -> usize {
        self.seen.lock().len()
    }
}
