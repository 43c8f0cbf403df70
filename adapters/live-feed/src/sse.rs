//! Server-Sent Events: one answer that does not end.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse};
use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::feed::{End, Feed, Step, Told};
use crate::frame::write;

/// After how long browsers come back, in milliseconds.
const BEGINNING: &str = "retry: 3000\n\n";

/// Answers with a client's frames for as long as it listens.
pub(crate) fn answer(feed: Feed) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that buffer would hold events back until the end.
        .insert_header((
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ))
        .streaming(events(feed))
}

enum State {
    Beginning(Feed),
    Running(Feed),
    Over,
}

fn events(feed: Feed) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::unfold(State::Beginning(feed), |state| async move {
        let (text, next) = match state {
            State::Beginning(feed) => (BEGINNING.to_owned(), State::Running(feed)),
            State::Running(mut feed) => match feed.next().await {
                Step::Tell(told) => (event(&told), State::Running(feed)),
                // The comment is for those in between who drop connections that say nothing.
                Step::Beat(told) => {
                    (format!(": keep-alive\n\n{}", event(&told)), State::Running(feed))
                }
                Step::End(end) => (last_words(&feed, end), State::Over),
            },
            State::Over => return None,
        };
        Some((Ok(Bytes::from(text)), next))
    })
}

/// A frame as an event. Its text is JSON on one line.
fn event(told: &Told) -> String {
    let id = told.id.map(|id| format!("id: {}\n", id.0)).unwrap_or_default();
    format!("event: {}\n{id}data: {}\n\n", told.kind, told.text)
}

/// An event stream has no close code, so the last event says it.
fn last_words(feed: &Feed, end: End) -> String {
    let payload = serde_json::json!({
        "status": "disconnected",
        "code": end.close_code(),
        "reason": end.reason(),
    });
    let kind = "connection_status";
    event(&Told { kind, id: None, text: write(kind, feed.now(), None, &payload) })
}
