//! What carries a peer's messages: event streams with POST, and WebSockets.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
    },
};

use super::super::read_request;
use super::{Conduct, Log, react};

/// The open event streams, by session; `None` ends one.
pub(crate) type Streams = HashMap<usize, UnboundedSender<Option<String>>>;

impl Log {
    fn connect(&self) -> usize {
        let mut connections = self.connections.lock();
        *connections += 1;
        *connections
    }
}

/// Serves one HTTP connection: its requests, or one stream until that ends.
pub(super) async fn serve_events(
    mut socket: TcpStream,
    conduct: Conduct,
    address: &'static str,
    log: Arc<Log>,
) {
    let mut unread = BytesMut::new();
    while let Some(request) = read_request(&mut socket, &mut unread).await {
        log.shown.lock().push(request.header("authorization").to_owned());
        let status = match request.method.as_str() {
            "GET" => return stream(socket, address, &log).await,
            "POST" => {
                let session = request.path.split("session=").nth(1);
                let session = session.and_then(|text| text.parse().ok()).unwrap_or(0);
                took(conduct, session, request.json(), &log)
            }
            _ => "405 Method Not Allowed",
        };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 8\r\n\r\nAccepted");
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn took(conduct: Conduct, session: usize, message: Value, log: &Log) -> &'static str {
    let Some(stream) = log.streams.lock().get(&session).cloned() else {
        return "404 Not Found";
    };
    let reaction = react(conduct, session, &message);
    log.messages.lock().push((session, message));
    for said in reaction.say {
        let _ = stream.send(Some(said));
    }
    if reaction.ends {
        let _ = stream.send(None);
    }
    "202 Accepted"
}

async fn stream(mut socket: TcpStream, address: &str, log: &Log) {
    let session = log.connect();
    let (says, mut said) = unbounded_channel();
    log.streams.lock().insert(session, says);
    let address = address.replace("{session}", &session.to_string());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\nevent: endpoint\ndata: {address}\n\n"
    );
    let mut sent = socket.write_all(head.as_bytes()).await;
    while sent.is_ok() {
        let Some(Some(message)) = said.recv().await else { break };
        let event = format!("event: message\ndata: {message}\n\n");
        sent = socket.write_all(event.as_bytes()).await;
    }
    log.streams.lock().remove(&session);
}

/// Serves one WebSocket.
pub(super) async fn serve_socket(socket: TcpStream, conduct: Conduct, log: Arc<Log>) {
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let choose = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        log.shown.lock().push(shown.unwrap_or_default().to_owned());
        if let Some(protocol) = request.headers().get("sec-websocket-protocol") {
            response.headers_mut().insert("sec-websocket-protocol", protocol.clone());
        }
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(socket, choose).await else { return };
    let connection = log.connect();
    while let Some(Ok(message)) = socket.next().await {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(frame) => {
                log.closed.lock().push(frame.map_or(0, |frame| frame.code.into()));
                return;
            }
            _ => continue,
        };
        let message: Value = serde_json::from_str(&text).expect("a client sends JSON");
        let reaction = react(conduct, connection, &message);
        log.messages.lock().push((connection, message));
        for said in reaction.say {
            if socket.send(Message::text(said)).await.is_err() {
                return;
            }
        }
        if reaction.ends {
            let _ = socket.close(None).await;
        }
    }
}
