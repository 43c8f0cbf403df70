//! WebSocket: a client's frames, and its wishes.
//!
//! Both directions run inside the answer's body, so that a client that reads slowly slows only its
//! own feed, and one that is gone leaves nothing behind.

use std::pin::Pin;

use actix_web::body::{BodyStream, BoxBody, MessageBody};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{
    AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, ProtocolError,
    Session,
};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use registry_domain::rate::{Limit, Verdict};
use registry_http_edge::{Code, Problem};

use crate::auth::SUBPROTOCOL;
use crate::feed::{End, Feed, Step};
use crate::messages::{MOST_BYTES, topics_after};

/// How much one client may say.
const MESSAGES: Limit = Limit { per_minute: 120, burst: 30 };

impl End {
    /// The close code that a WebSocket ends with.
    pub(crate) const fn close_code(self) -> u16 {
        match self {
            Self::Slow => 1013,
            Self::Expired => 4408,
            Self::Stopping => 1001,
            Self::ServerGone => 1000,
        }
    }

    /// The end in words.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Slow => "too slow: come back with the last event's id",
            Self::Expired => "the token has expired",
            Self::Stopping => "this process is about to end",
            Self::ServerGone => "the server is gone",
        }
    }
}

/// Refuses what is no handshake before anything is done for it.
pub(crate) fn check_handshake(request: &HttpRequest) -> Result<(), Problem> {
    let is_asked = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if is_asked { Ok(()) } else { Err(no_handshake("This address is a WebSocket")) }
}

fn no_handshake(why: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(Code::BadRequest, why)
        .with_header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
}

/// Answers a handshake; the body of the answer is the conversation.
///
/// # Errors
/// 400 when the handshake is not one.
pub(crate) fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    feed: Feed,
) -> Result<HttpResponse, Problem> {
    let (response, session, incoming) =
        actix_ws::handle_with_protocols(request, payload, &[SUBPROTOCOL])
            .map_err(|error| no_handshake(error.to_string()))?;
    let incoming = incoming
        .max_frame_size(MOST_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MOST_BYTES);
    let talk = converse(feed, session, incoming);
    Ok(response.map_body(|_, written| BoxBody::new(BodyStream::new(both(written, talk)))))
}

/// What is written, while the conversation that writes it goes on.
fn both(
    mut written: BoxBody,
    talk: impl Future<Output = ()> + 'static,
) -> impl Stream<Item = Result<Bytes, Box<dyn std::error::Error>>> {
    let written = stream::poll_fn(move |context| Pin::new(&mut written).poll_next(context));
    let talk = talk.into_stream().filter_map(|()| std::future::ready(None));
    stream::select(talk, written)
}

async fn converse(mut feed: Feed, mut session: Session, mut incoming: AggregatedMessageStream) {
    let mut said = Said::default();
    let why = loop {
        let done = tokio::select! {
            step = feed.next() => match step {
                Step::Tell(told) | Step::Beat(told) => session.text(&*told.text).await.map_err(Ended::from),
                Step::End(end) => Err(Ended::with(end.close_code(), end.reason())),
            },
            message = incoming.recv() => said.hear(message, &mut feed, &mut session).await,
        };
        if let Err(Ended(why)) = done {
            break why;
        }
    };
    if let Some(why) = why
        && session.close(Some(why)).await.is_err()
    {
        tracing::debug!("a live client was gone before it was told why");
    }
}

/// The end of a conversation, and what the client is told of it if it is still there.
struct Ended(Option<CloseReason>);

impl Ended {
    fn with(code: u16, reason: &str) -> Self {
        Self(Some(CloseReason {
            code: CloseCode::from(code),
            description: Some(reason.to_owned()),
        }))
    }
}

impl From<Closed> for Ended {
    fn from(_: Closed) -> Self {
        Self(None)
    }
}

/// How much a client has said.
#[derive(Default)]
struct Said {
    next_due: Option<Timestamp>,
}

impl Said {
    async fn hear(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
        feed: &mut Feed,
        session: &mut Session,
    ) -> Result<(), Ended> {
        let message = match message {
            None | Some(Err(ProtocolError::Io(_))) => return Err(Ended(None)),
            Some(Err(ProtocolError::Overflow)) => {
                return Err(Ended::with(1009, "a message has at most 4 KiB"));
            }
            Some(Err(_)) => return Err(Ended::with(1002, "not a WebSocket message")),
            Some(Ok(message)) => message,
        };
        match MESSAGES.admit(self.next_due, feed.now()) {
            Verdict::Admitted { next_due, .. } => self.next_due = Some(next_due),
            Verdict::Limited { .. } => return Err(Ended::with(4429, "too many messages")),
        }
        match message {
            AggregatedMessage::Text(text) => wish(&text, feed).await,
            AggregatedMessage::Ping(bytes) => Ok(session.pong(&bytes).await?),
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Close(_) => Err(Ended::with(1000, "")),
            AggregatedMessage::Binary(_) => Err(Ended::with(1008, "messages are text")),
        }
    }
}

async fn wish(text: &str, feed: &mut Feed) -> Result<(), Ended> {
    if feed.interest().server.is_some() {
        return Err(Ended::with(4403, "this connection is about one server"));
    }
    let wanted =
        topics_after(text, feed.interest().topics).map_err(|why| Ended::with(1008, why))?;
    if wanted.need_token() && feed.viewer().caller().is_none() {
        return Err(Ended::with(4401, "that topic needs a token"));
    }
    feed.want(wanted).await;
    Ok(())
}
