//! Asking a server that nobody has vetted yet, within bounds of bytes and time.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use mcp_wire::message::Implementation;
use mcp_wire::sse::FrameSplitter;
use registry_domain::credential::Credential;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{Dial, MessageHead, ReplyShape, UpstreamFailure};
use tokio::time::Instant;

use crate::answer::{Said, answer_in};
use crate::fault::{self, of_answer};
use crate::head::SESSION;
use crate::http_upstream::{Addressee, HttpUpstream};
use crate::link::Link;
use crate::reply;
use crate::settings::UpstreamSettings;
use crate::target::Target;

/// A series of questions to one server.
pub(crate) struct Inquiry<'a> {
    settings: &'a UpstreamSettings,
    way: Way<'a>,
    bytes_left: usize,
    asked: i64,
}

/// How the server is reached.
enum Way<'a> {
    Http(&'a HttpUpstream, Box<Target>, Option<&'a Credential>),
    Link(Arc<Link>),
}

/// An answer, with what HTTP says about it.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The HTTP status; never 401, 403 or one of 500 and above, those are failures.
    pub(crate) status: StatusCode,
    /// The session that the answer opens.
    pub(crate) session: Option<String>,
    /// What the server said.
    pub(crate) said: Said,
}

impl<'a> Inquiry<'a> {
    /// Begins to ask the server at an endpoint.
    ///
    /// # Errors
    /// As [`Target::of`].
    pub(crate) fn of(upstream: &'a HttpUpstream, dial: Dial<'a>) -> Result<Self, UpstreamFailure> {
        let target = Target::of(dial.endpoint, upstream.settings.egress)?;
        let settings = &upstream.settings;
        let way = Way::Http(upstream, Box::new(target), dial.credential);
        Ok(Self { settings, way, bytes_left: settings.max_discovery_bytes, asked: 0 })
    }

    /// Begins to ask the server at the other end of a connection.
    pub(crate) fn over(link: Arc<Link>, settings: &'a UpstreamSettings) -> Self {
        let bytes_left = settings.max_discovery_bytes;
        Self { settings, way: Way::Link(link), bytes_left, asked: 0 }
    }

    /// The bounds.
    pub(crate) fn settings(&self) -> &'a UpstreamSettings {
        self.settings
    }

    /// Who we say we are.
    pub(crate) fn client(&self) -> Implementation<'a> {
        let UpstreamSettings { client_name, client_version, .. } = self.settings();
        Implementation { name: client_name, version: client_version }
    }

    /// Sends a request and reads until it is answered. `message` makes the request of an id.
    ///
    /// # Errors
    /// No answer; a status that is about more than this question (401, 403, 500 and above); more
    /// than our bounds allow.
    pub(crate) async fn ask(
        &mut self,
        head: MessageHead,
        message: impl FnOnce(i64) -> Bytes + Send,
    ) -> Result<Answered, UpstreamFailure> {
        let timeout = self.settings().request_timeout;
        let started = Instant::now();
        let (upstream, to) = match &self.way {
            Way::Http(upstream, target, credential) => {
                (*upstream, Addressee { target, credential: *credential })
            }
            Way::Link(link) => {
                let link = Arc::clone(link);
                return tokio::time::timeout(timeout, self.ask_over(&link, head, message))
                    .await
                    .unwrap_or_else(|_| Err(fault::too_slow(true)));
            }
        };
        self.asked += 1;
        let (id, body) = (self.asked, message(self.asked));
        let response = upstream.post(to, head, body, timeout).await?;
        check_status(response.status())?;
        let status = response.status();
        let session = session_of(&response)?;
        let left = timeout.saturating_sub(started.elapsed());
        let said = tokio::time::timeout(left, self.read(response, id))
            .await
            .unwrap_or_else(|_| Err(fault::too_slow(true)))?;
        Ok(Answered { status, session, said })
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// It is not taken.
    pub(crate) async fn tell(
        &self,
        head: MessageHead,
        message: Bytes,
    ) -> Result<(), UpstreamFailure> {
        let timeout = self.settings().request_timeout;
        let (upstream, to) = match &self.way {
            Way::Http(upstream, target, credential) => {
                (upstream, Addressee { target, credential: *credential })
            }
            Way::Link(link) => return link.tell(head, link.credential(), message, timeout).await,
        };
        let response = upstream.post(to, head, message, timeout).await?;
        check_status(response.status())?;
        if response.status().is_success() {
            Ok(())
        } else {
            let detail = format!("a notification is answered with {}", response.status().as_u16());
            Err(of_answer(FaultClass::ProtocolViolation, detail))
        }
    }

    async fn ask_over(
        &mut self,
        link: &Link,
        head: MessageHead,
        message: impl FnOnce(i64) -> Bytes + Send,
    ) -> Result<Answered, UpstreamFailure> {
        let id = link.next_id();
        let timeout = self.settings().request_timeout;
        let place =
            link.ask(head, link.credential(), &id.to_string(), &message(id), timeout).await?;
        loop {
            let mail = place.mailbox.next().await?;
            let left = self.bytes_left.checked_sub(mail.message.len()).ok_or_else(too_much)?;
            self.bytes_left = left;
            if mail.is_response {
                let said = answer_in(&mail.message, id).unwrap_or(Said::Other);
                return Ok(Answered { status: StatusCode::OK, session: None, said });
            }
        }
    }

    /// Asks for the endpoint's stream of events; `None` if it has none.
    pub(crate) async fn listen(&self, timeout: Duration) -> Option<Response<Incoming>> {
        let Way::Http(upstream, target, credential) = &self.way else { return None };
        let to = Addressee { target, credential: *credential };
        let response = upstream.listen(to, timeout).await.ok()?;
        let shape = reply::shape(response.status(), response.headers());
        (response.status() == StatusCode::OK && shape == ReplyShape::EventStream)
            .then_some(response)
    }

    /// Ends a legacy session; how the server takes it does not matter any more.
    pub(crate) async fn end_session(&self, revision: Option<String>, session: String) {
        const POLITENESS: Duration = Duration::from_secs(2);
        // The end of a connection is the end of what the server keeps of it.
        let Way::Http(upstream, target, credential) = &self.way else { return };
        let to = Addressee { target, credential: *credential };
        let ended = upstream.end_session(to, revision, session, POLITENESS).await;
        if let Err(failure) = ended {
            tracing::debug!(class = failure.class.as_str(), "an upstream session was not ended");
        }
    }

    async fn read(
        &mut self,
        response: Response<Incoming>,
        id: i64,
    ) -> Result<Said, UpstreamFailure> {
        match reply::shape(response.status(), response.headers()) {
            ReplyShape::Json => self.read_json(response.into_body(), id).await,
            ReplyShape::EventStream => self.read_events(response.into_body(), id).await,
            ReplyShape::Accepted => Ok(Said::Accepted),
            ReplyShape::Other => Ok(Said::Other),
        }
    }

    async fn read_json(&mut self, mut body: Incoming, id: i64) -> Result<Said, UpstreamFailure> {
        let mut document = BytesMut::new();
        while let Some(part) = self.part(&mut body).await? {
            document.extend_from_slice(&part);
        }
        Ok(answer_in(&document.freeze(), id).unwrap_or(Said::Other))
    }

    async fn read_events(&mut self, mut body: Incoming, id: i64) -> Result<Said, UpstreamFailure> {
        let mut frames = FrameSplitter::new(self.settings().max_sse_frame_bytes);
        while let Some(part) = self.part(&mut body).await? {
            frames.push(part);
            while let Some(frame) = frames.next_frame() {
                if let Some(said) = answer_in(&frame.map_err(|_| too_much())?.data, id) {
                    return Ok(said);
                }
            }
        }
        Err(of_answer(FaultClass::ProtocolViolation, "the stream ended before the answer"))
    }

    /// The next part of a body, if it fits into what may still be read.
    async fn part(&mut self, body: &mut Incoming) -> Result<Option<Bytes>, UpstreamFailure> {
        while let Some(frame) = body.frame().await {
            let Ok(part) = frame.map_err(|error| fault::of_body(&error))?.into_data() else {
                continue;
            };
            self.bytes_left = self.bytes_left.checked_sub(part.len()).ok_or_else(too_much)?;
            return Ok(Some(part));
        }
        Ok(None)
    }
}

fn too_much() -> UpstreamFailure {
    of_answer(FaultClass::ProtocolViolation, "the server sends more than we read")
}

/// Statuses that are about the server, whatever was asked.
fn check_status(status: StatusCode) -> Result<(), UpstreamFailure> {
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        let detail = format!("the server asks for credentials ({})", status.as_u16());
        return Err(of_answer(FaultClass::AuthorizationRequired, detail));
    }
    if status.is_server_error() {
        let detail = format!("the server answers with {}", status.as_u16());
        return Err(of_answer(FaultClass::ServerError, detail));
    }
    Ok(())
}

/// The session that a response opens: visible ASCII (2025-11-25, "Session Management").
fn session_of(response: &Response<Incoming>) -> Result<Option<String>, UpstreamFailure> {
    const MAX_BYTES: usize = 4096;
    let Some(session) = response.headers().get(&SESSION) else { return Ok(None) };
    let text = session.to_str().ok().filter(|text| {
        !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic())
    });
    text.map(|text| Some(text.to_owned())).ok_or_else(|| {
        of_answer(FaultClass::ProtocolViolation, "the session id is not visible ASCII")
    })
}
