//! An answer read while it is still being sent: Server-Sent Events, or bytes as they arrive.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use crate::DEADLINE;

/// An answer whose body is open; dropping it closes the connection, as a client does that leaves.
pub struct EventStream {
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: HeaderMap,
    body: Incoming,
    unread: BytesMut,
}

/// One Server-Sent Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `id:` field.
    pub id: Option<String>,
    /// The `event:` field.
    pub name: Option<String>,
    /// The `data:` lines, joined by line ends.
    pub data: String,
}

impl Event {
    /// The data as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }

    /// Reads the lines of one event; comments are left out.
    pub(crate) fn parse(block: &str) -> Self {
        let mut event = Self::default();
        let mut data = vec![];
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => event.id = Some(value.to_owned()),
                "event" => event.name = Some(value.to_owned()),
                "data" => data.push(value),
                _ => {}
            }
        }
        event.data = data.join("\n");
        event
    }
}

impl EventStream {
    pub(crate) fn new(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body, unread: BytesMut::new() }
    }

    /// The next event that carries data; `None` at the end. Panics after [`DEADLINE`] or when the
    /// connection breaks.
    pub async fn next(&mut self) -> Option<Event> {
        self.try_next().await.expect("the answer does not break off")
    }

    /// [`EventStream::next`] for a test that expects the answer to break off.
    ///
    /// # Errors
    /// The connection ended before the answer did.
    pub async fn try_next(&mut self) -> Result<Option<Event>, hyper::Error> {
        loop {
            while let Some(block) = self.take_block() {
                let event = Event::parse(&block);
                if !event.data.is_empty() {
                    return Ok(Some(event));
                }
            }
            let Some(chunk) = self.try_next_bytes().await? else { return Ok(None) };
            self.unread.extend_from_slice(&chunk);
        }
    }

    /// The next bytes as they arrive; `None` at the end. Panics after [`DEADLINE`] or when the
    /// connection breaks.
    pub async fn next_bytes(&mut self) -> Option<Bytes> {
        self.try_next_bytes().await.expect("the answer does not break off")
    }

    /// [`EventStream::next_bytes`] for a test that expects the answer to break off.
    ///
    /// # Errors
    /// The connection ended before the answer did.
    pub async fn try_next_bytes(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        loop {
            let frame = tokio::time::timeout(DEADLINE, self.body.frame()).await;
            match frame.expect("the answer goes on before the deadline").transpose()? {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Takes one event's lines, up to the empty line, out of what has arrived.
    fn take_block(&mut self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.unread).into_owned();
        let (end, gap) =
            [text.find("\n\n").map(|at| (at, 2)), text.find("\r\n\r\n").map(|at| (at, 4))]
                .into_iter()
                .flatten()
                .min()?;
        let block = self.unread.split_to(end + gap);
        Some(String::from_utf8_lossy(&block).into_owned())
    }
}
