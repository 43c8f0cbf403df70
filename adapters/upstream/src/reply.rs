//! What an upstream answers: its shape from status and content type, its body as it arrives.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use hyper::body::{Body, Incoming};
use registry_domain::ports::{Reply, ReplyShape, UpstreamFailure};
use tokio::time::{Instant, Sleep};

use crate::fault;

/// Makes a reply of a response. Each part of the body may take as long as `idle`.
pub(crate) fn of_response(response: Response<Incoming>, idle: Duration) -> Reply {
    let (head, body) = response.into_parts();
    Reply {
        status: head.status.as_u16(),
        shape: shape(head.status, &head.headers),
        body: Box::pin(Parts { body: Some(body), idle, patience: None, waiting: false }),
    }
}

/// The shape of an answer.
pub(crate) fn shape(status: StatusCode, headers: &HeaderMap) -> ReplyShape {
    if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT {
        return ReplyShape::Accepted;
    }
    let content_type = headers.get(CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
    let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    match media_type.trim_ascii() {
        json if json.eq_ignore_ascii_case(b"application/json") => ReplyShape::Json,
        events if events.eq_ignore_ascii_case(b"text/event-stream") => ReplyShape::EventStream,
        _ => ReplyShape::Other,
    }
}

/// A body, part by part. The clock runs only while there is something to wait for: a body that is
/// already here costs no timer.
struct Parts {
    body: Option<Incoming>,
    idle: Duration,
    patience: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl Parts {
    /// Ends the stream; dropping the body closes its connection if it is not at its end.
    fn end(&mut self) {
        self.body = None;
    }

    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = Instant::now().checked_add(self.idle);
        let patience = match (&mut self.patience, deadline) {
            (_, None) => return Poll::Pending,
            (Some(patience), Some(deadline)) => {
                if !self.waiting {
                    patience.as_mut().reset(deadline);
                }
                patience
            }
            (none, Some(deadline)) => none.insert(Box::pin(tokio::time::sleep_until(deadline))),
        };
        self.waiting = true;
        patience.as_mut().poll(context)
    }
}

impl Stream for Parts {
    type Item = Result<Bytes, UpstreamFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
            let Poll::Ready(part) = Pin::new(body).poll_frame(context) else {
                ready!(self.poll_patience(context));
                self.end();
                return Poll::Ready(Some(Err(fault::too_slow(true))));
            };
            self.waiting = false;
            match part {
                None => self.end(),
                Some(Err(error)) => {
                    self.end();
                    return Poll::Ready(Some(Err(fault::of_body(&error))));
                }
                // Trailers say nothing in MCP.
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn shape_of(status: u16, content_type: &'static str) -> ReplyShape {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        shape(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn a_shape_is_told_by_status_and_media_type() {
        for (status, content_type, expected) in [
            (200, "application/json", ReplyShape::Json),
            (200, "Application/JSON; charset=utf-8", ReplyShape::Json),
            (400, "application/json", ReplyShape::Json),
            (200, "text/event-stream", ReplyShape::EventStream),
            (200, "text/event-stream ;charset=utf-8", ReplyShape::EventStream),
            (202, "application/json", ReplyShape::Accepted),
            (204, "", ReplyShape::Accepted),
            (200, "text/html", ReplyShape::Other),
            (200, "application/jsonl", ReplyShape::Other),
            (302, "", ReplyShape::Other),
        ] {
            assert_eq!(shape_of(status, content_type), expected, "{status} {content_type}");
        }
        assert_eq!(shape(StatusCode::OK, &HeaderMap::new()), ReplyShape::Other);
    }
}
