//! HTTP+SSE (revision 2024-11-05): the server's messages on one event stream, ours by POST to the
//! address that its first event names.
//!
//! That address must be of the stream's own origin: a server sends us nowhere else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use mcp_wire::sse::{Frame, FrameSplitter};
use registry_domain::credential::Credential;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{Dial, MessageHead, ReplyShape, UpstreamFailure};

use crate::fault::{self, of_answer};
use crate::http_upstream::{Addressee, HttpUpstream};
use crate::link::{self, Link, Outbox, Outgoing};
use crate::target::Target;
use crate::{head, outgoing, reply};

/// How many messages are being posted at once.
const MOST_POSTS: usize = 32;
/// How much of the answer to a POST is read, and for how long: it says nothing, but a connection
/// whose answer was read can be used again.
const MOST_UNREAD: usize = 16 * 1024;
const READ_WITHIN: Duration = Duration::from_secs(2);

/// An event stream with an address to post to.
pub(crate) struct SseConnection {
    http: Arc<HttpUpstream>,
    messages: Target,
    body: Incoming,
    frames: FrameSplitter,
}

impl SseConnection {
    /// Opens the stream and waits for the address.
    ///
    /// # Errors
    /// The class of fault.
    pub(crate) async fn open(
        http: Arc<HttpUpstream>,
        dial: Dial<'_>,
    ) -> Result<Self, UpstreamFailure> {
        let Dial { endpoint, credential } = dial;
        let target = Target::of(endpoint, http.settings.egress)?;
        let to = Addressee { target: &target, credential };
        let patience = http.settings.request_timeout;
        let opening = async {
            let response = http.listen(to, patience).await?;
            check(&response)?;
            let mut body = response.into_body();
            let mut frames = FrameSplitter::new(http.settings.max_message_bytes);
            let named = loop {
                let frame = next_frame(&mut body, &mut frames).await?;
                match frame.event.as_deref() {
                    Some(b"endpoint") => break frame.data,
                    // A comment says nothing.
                    None if frame.data.is_empty() => {}
                    _ => return Err(no_address()),
                }
            };
            let messages = address(endpoint, &named)?;
            let messages = Target::of(&messages, http.settings.egress)?;
            Ok((messages, body, frames))
        };
        let (messages, body, frames) = tokio::time::timeout(patience, opening)
            .await
            .unwrap_or_else(|_| Err(fault::too_slow(true)))?;
        Ok(Self { http, messages, body, frames })
    }

    /// Carries messages until one side ends.
    pub(crate) async fn run(mut self, link: &Link, outbox: &mut Outbox) -> UpstreamFailure {
        let mut posts = FuturesUnordered::new();
        let (http, messages) = (&*self.http, &self.messages);
        let (body, frames) = (&mut self.body, &mut self.frames);
        let mut look = tokio::time::interval(http.settings.link_idle_timeout / 4);
        loop {
            tokio::select! {
                () = link.ended() => return link::lost(true),
                frame = next_frame(body, frames) => {
                    let answer = match frame {
                        Ok(frame) if is_message(&frame) => link.arrived(&frame.data),
                        Ok(_) => Ok(None),
                        Err(failure) => return failure,
                    };
                    match answer {
                        Ok(Some(answer)) if posts.len() < MOST_POSTS => {
                            posts.push(post(http, messages, Out::Own(answer, link.credential())));
                        }
                        Ok(_) => {}
                        Err(failure) => return failure,
                    }
                }
                Some(outgoing) = outbox.recv(), if posts.len() < MOST_POSTS => {
                    posts.push(post(http, messages, Out::Call(outgoing)));
                }
                Some(gone) = posts.next() => {
                    if gone {
                        return of_answer(FaultClass::Unreachable, "the server has ended the session");
                    }
                }
                _ = look.tick() => {
                    if link.idle_for() >= http.settings.link_idle_timeout {
                        return link::lost(true);
                    }
                }
            }
        }
    }
}

/// A message to post: a call's, or our own answer to the server.
enum Out {
    Call(Outgoing),
    Own(Bytes, Option<Arc<Credential>>),
}

/// Posts a message; answers whether the server says that there is no such session any more.
async fn post(http: &HttpUpstream, to: &Target, out: Out) -> bool {
    let (message, told, message_head, credential) = match out {
        Out::Call(call) => (call.message, Some(call.left), call.head, call.credential),
        Out::Own(message, credential) => (message, None, MessageHead::default(), credential),
    };
    // The revision knows no session header: the address is the session.
    let message_head = MessageHead { session: None, ..message_head };
    let headers = head::of_message(to, &http.agent, message_head);
    let within = http.settings.request_timeout;
    let post = |headers| {
        let body = outgoing::Outgoing::message(message.clone());
        http.exchange(&to.uri, Method::POST, headers, body, within)
    };
    let answered = match credential.as_deref() {
        Some(credential) => http.showing(credential, headers, post).await,
        None => post(headers).await,
    };
    let (is_gone, left, rest) = match answered {
        Ok(response) => {
            let gone = matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::GONE);
            let taken = taken(response.status());
            (gone, taken, Some(response.into_body()))
        }
        Err(failure) => (false, Err(failure), None),
    };
    if let Some(told) = told {
        // Who gave up meanwhile needs no telling.
        let _ = told.send(left);
    }
    if let Some(body) = rest {
        let _ = tokio::time::timeout(READ_WITHIN, Limited::new(body, MOST_UNREAD).collect()).await;
    }
    is_gone
}

fn taken(status: StatusCode) -> Result<(), UpstreamFailure> {
    let number = status.as_u16();
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(wants_credentials(number)),
        status if status.is_server_error() => Err(server_error(number)),
        _ => {
            let detail = format!("a message is answered with {number}");
            Err(of_answer(FaultClass::ProtocolViolation, detail))
        }
    }
}

fn check(response: &Response<Incoming>) -> Result<(), UpstreamFailure> {
    let (status, number) = (response.status(), response.status().as_u16());
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Err(wants_credentials(number));
    }
    if status.is_server_error() {
        return Err(server_error(number));
    }
    let is_stream = reply::shape(status, response.headers()) == ReplyShape::EventStream;
    if status == StatusCode::OK && is_stream {
        return Ok(());
    }
    let detail = format!("the server answers GET with {number}, not with an event stream");
    Err(of_answer(FaultClass::WrongTransport, detail))
}

fn wants_credentials(status: u16) -> UpstreamFailure {
    let detail = format!("the server asks for credentials ({status})");
    of_answer(FaultClass::AuthorizationRequired, detail)
}

fn server_error(status: u16) -> UpstreamFailure {
    of_answer(FaultClass::ServerError, format!("the server answers with {status}"))
}

fn no_address() -> UpstreamFailure {
    let detail = "the stream does not begin by naming an address for messages";
    of_answer(FaultClass::WrongTransport, detail)
}

/// The address for messages, of the stream's own origin.
fn address(stream: &EndpointUrl, named: &[u8]) -> Result<EndpointUrl, UpstreamFailure> {
    let violation = |detail: &str| of_answer(FaultClass::ProtocolViolation, detail);
    let named = std::str::from_utf8(named).ok().map(str::trim);
    let address = named
        .and_then(|named| stream.url().join(named).ok())
        .ok_or_else(|| violation("the address for messages is none"))?;
    if address.origin() != stream.url().origin() {
        return Err(violation("the address for messages is of another origin than the stream"));
    }
    EndpointUrl::parse(address.as_str())
        .map_err(|_| violation("the address for messages is none that is called"))
}

fn is_message(frame: &Frame) -> bool {
    !frame.data.is_empty() && frame.event.as_deref().is_none_or(|name| name == b"message")
}

/// The next event. Nothing is lost if it is given up and asked for again.
async fn next_frame(
    body: &mut Incoming,
    frames: &mut FrameSplitter,
) -> Result<Frame, UpstreamFailure> {
    loop {
        if let Some(frame) = frames.next_frame() {
            return frame.map_err(|_| {
                of_answer(FaultClass::ProtocolViolation, "a message is longer than we read")
            });
        }
        match body.frame().await {
            Some(Ok(part)) => {
                if let Ok(part) = part.into_data() {
                    frames.push(part);
                }
            }
            Some(Err(error)) => return Err(fault::of_body(&error)),
            None => {
                return Err(of_answer(FaultClass::Unreachable, "the server has ended its stream"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_for_messages_is_of_the_streams_own_origin() {
        let stream = EndpointUrl::parse("https://a.example/x/sse?k=1").unwrap();
        let of = |named: &str| address(&stream, named.as_bytes());
        assert_eq!(of("/messages?s=1").unwrap().as_str(), "https://a.example/messages?s=1");
        assert_eq!(of("messages").unwrap().as_str(), "https://a.example/x/messages");
        assert!(of("https://a.example:443/m").is_ok());
        for other in [
            "https://b.example/m",
            "http://a.example/m",
            "https://a.example:8443/m",
            "//b.example/m",
            "file:///etc/passwd",
            "https://u:p@a.example/m",
        ] {
            assert!(of(other).is_err(), "{other}");
        }
    }
}
