//! A reply as a list of steps: bytes, waits at a gate, and ways to end badly.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{gate::Gate, http_text::ScriptedRequest};

/// What the scripted server does with one request, step after step. A reply that ends without
/// [`Reply::close`], [`Reply::reset`] or [`Reply::hang`] leaves the connection open for the next.
#[derive(Clone, Debug, Default)]
pub struct Reply(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Send(Bytes),
    Wait(Gate),
    Hang,
    Close,
    Reset,
}

impl Reply {
    /// Nothing yet: for answers written byte by byte with [`Reply::send`].
    pub fn bytes() -> Self {
        Self::default()
    }

    /// A whole answer with a stated length.
    pub fn new(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self::bytes().send(head).send(Bytes::copy_from_slice(body))
    }

    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A JSON-RPC result for `request`.
    pub fn result(request: &ScriptedRequest, result: &Value) -> Self {
        Self::json(200, &json!({ "jsonrpc": "2.0", "id": request.id(), "result": result }))
    }

    /// A JSON-RPC error for `request`.
    pub fn error(request: &ScriptedRequest, status: u16, code: i64, message: &str) -> Self {
        let error = json!({ "code": code, "message": message });
        Self::json(status, &json!({ "jsonrpc": "2.0", "id": request.id(), "error": error }))
    }

    /// The head of a chunked answer; go on with [`Reply::chunk`], finish with [`Reply::last_chunk`].
    pub fn chunked(status: u16, content_type: &str) -> Self {
        Self::bytes().send(format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\n\
             transfer-encoding: chunked\r\n\r\n"
        ))
    }

    /// The head of an SSE answer; go on with [`Reply::event`], finish with [`Reply::last_chunk`].
    pub fn sse() -> Self {
        Self::chunked(200, "text/event-stream")
    }

    /// Sends bytes as they are.
    #[must_use]
    pub fn send(mut self, bytes: impl Into<Bytes>) -> Self {
        self.0.push(Step::Send(bytes.into()));
        self
    }

    /// Sends one chunk of a chunked answer.
    #[must_use]
    pub fn chunk(self, data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref();
        let mut framed = format!("{:x}\r\n", data.len()).into_bytes();
        framed.extend_from_slice(data);
        framed.extend_from_slice(b"\r\n");
        self.send(framed)
    }

    /// Sends one SSE event with a JSON message.
    #[must_use]
    pub fn event(self, message: &Value) -> Self {
        self.chunk(format!("event: message\ndata: {message}\n\n"))
    }

    /// Ends a chunked answer.
    #[must_use]
    pub fn last_chunk(self) -> Self {
        self.send("0\r\n\r\n")
    }

    /// Goes on when the test opens the gate.
    #[must_use]
    pub fn wait(mut self, gate: &Gate) -> Self {
        self.0.push(Step::Wait(gate.clone()));
        self
    }

    /// Goes on with another reply.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.0.extend(next.0);
        self
    }

    /// Never goes on, and keeps the connection open.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.0.push(Step::Hang);
        self
    }

    /// Closes the connection, whatever was promised.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }

    /// Breaks the connection (TCP reset).
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.0.push(Step::Reset);
        self
    }

    /// Plays the steps; whether the connection is still good for another request.
    pub(super) async fn play(self, socket: &mut TcpStream) -> bool {
        for step in self.0 {
            match step {
                Step::Send(bytes) => {
                    if socket.write_all(&bytes).await.is_err() {
                        return false;
                    }
                }
                Step::Wait(gate) => gate.pass().await,
                Step::Hang => std::future::pending().await,
                Step::Close => return false,
                Step::Reset => {
                    socket.set_zero_linger().expect("a socket option");
                    return false;
                }
            }
        }
        true
    }
}
