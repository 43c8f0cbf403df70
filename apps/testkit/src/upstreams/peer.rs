//! MCP servers of the transports that the official SDK no longer serves: HTTP+SSE, WebSocket, and
//! standard input and output. What they say is one behaviour; only what carries it differs.

mod behaviour;
mod carriers;

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use super::running::Running;

pub use behaviour::{Conduct, Reaction, react};
use carriers::{serve_events, serve_socket};

/// What the server saw.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) messages: Mutex<Vec<(usize, Value)>>,
    pub(crate) connections: Mutex<usize>,
    /// What each request was shown that opens the server.
    pub(crate) shown: Mutex<Vec<String>>,
    pub(crate) closed: Mutex<Vec<u16>>,
    pub(crate) streams: Mutex<carriers::Streams>,
}

/// A running server.
pub struct Peer {
    running: Running,
    log: Arc<Log>,
    scheme: &'static str,
    path: &'static str,
}

impl Peer {
    /// One of HTTP+SSE (2024-11-05), its stream at `/sse`.
    pub fn of_events(conduct: Conduct) -> Self {
        Self::of_events_naming(conduct, "/messages?session={session}")
    }

    /// As [`Peer::of_events`], telling clients to post to `address`.
    pub fn of_events_naming(conduct: Conduct, address: &'static str) -> Self {
        let log = Arc::new(Log::default());
        let ours = Arc::clone(&log);
        let running = Running::start(0, move |socket| {
            serve_events(socket, conduct, address, Arc::clone(&ours))
        });
        Self { running, log, scheme: "http", path: "/sse" }
    }

    /// One of WebSocket, subprotocol `mcp`.
    pub fn of_sockets(conduct: Conduct) -> Self {
        let log = Arc::new(Log::default());
        let ours = Arc::clone(&log);
        let running =
            Running::start(0, move |socket| serve_socket(socket, conduct, Arc::clone(&ours)));
        Self { running, log, scheme: "ws", path: "/mcp" }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.running.address(), self.path)
    }

    /// How many streams or sockets were opened so far.
    pub fn connections(&self) -> usize {
        *self.log.connections.lock()
    }

    /// The messages of one method so far, each with the number of its connection.
    pub fn messages_of(&self, method: &str) -> Vec<(usize, Value)> {
        let messages = self.log.messages.lock();
        messages.iter().filter(|(_, message)| message["method"] == method).cloned().collect()
    }

    /// What each request was shown in `authorization` so far: opening streams and sockets, and
    /// posting messages; empty where that was nothing.
    pub fn shown(&self) -> Vec<String> {
        self.log.shown.lock().clone()
    }

    /// The codes with which clients closed their sockets.
    pub fn closed(&self) -> Vec<u16> {
        self.log.closed.lock().clone()
    }

    /// Closes its port and every connection now.
    pub fn stop(&mut self) {
        self.running.stop();
    }
}
