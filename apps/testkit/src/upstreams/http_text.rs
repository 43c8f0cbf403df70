//! Just enough HTTP/1.1 to read a request from a socket without a library's opinion on it.

use bytes::{Buf, Bytes, BytesMut};
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::TcpStream};

/// A request as the scripted server read it.
#[derive(Clone, Debug)]
pub struct ScriptedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// The headers in their order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Bytes,
}

impl ScriptedRequest {
    /// A header's value, or "" when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value.as_str()))
            .unwrap_or_default()
    }

    /// The JSON body; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The JSON-RPC method, or "".
    pub fn rpc_method(&self) -> String {
        self.json().get("method").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The JSON-RPC id.
    pub fn id(&self) -> Value {
        self.json().get("id").cloned().unwrap_or_default()
    }
}

/// Reads the next request; `None` when the peer closed.
pub async fn read_request(
    socket: &mut TcpStream,
    unread: &mut BytesMut,
) -> Option<ScriptedRequest> {
    let head = loop {
        if let Some(at) = unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = unread.split_to(at);
            unread.advance(4);
            break String::from_utf8_lossy(&head).into_owned();
        }
        more(socket, unread).await?;
    };
    let mut lines = head.lines();
    let mut request_line = lines.next()?.split(' ');
    let (method, path) = (request_line.next()?.to_owned(), request_line.next()?.to_owned());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = ScriptedRequest { method, path, headers, body: Bytes::new() };
    request.body = if request.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        read_chunks(socket, unread).await?
    } else {
        let length = request.header("content-length").parse().unwrap_or(0);
        read_exactly(socket, unread, length).await?
    };
    Some(request)
}

async fn read_chunks(socket: &mut TcpStream, unread: &mut BytesMut) -> Option<Bytes> {
    let mut body = BytesMut::new();
    loop {
        let line = loop {
            if let Some(at) = unread.windows(2).position(|bytes| bytes == b"\r\n") {
                break read_exactly(socket, unread, at + 2).await?;
            }
            more(socket, unread).await?;
        };
        let line = String::from_utf8_lossy(&line);
        let size = line.split([';', '\r']).next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        let chunk = read_exactly(socket, unread, size + 2).await?;
        if size == 0 {
            return Some(body.freeze());
        }
        body.extend(chunk.iter().take(size));
    }
}

async fn read_exactly(
    socket: &mut TcpStream,
    unread: &mut BytesMut,
    length: usize,
) -> Option<Bytes> {
    while unread.len() < length {
        more(socket, unread).await?;
    }
    Some(unread.split_to(length).freeze())
}

async fn more(socket: &mut TcpStream, unread: &mut BytesMut) -> Option<()> {
    match socket.read_buf(unread).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}
