//! HTTP out: an answer of the exchange as a response.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use registry_exchange::{Answer, AnswerBody, ContentType};

use crate::problem::whole_seconds;

/// Makes a response of an answer. Nothing an answer says may be kept by a cache on the way.
pub fn reply(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    if let Some(after) = answer.retry_after {
        response.insert_header((header::RETRY_AFTER, HeaderValue::from(whole_seconds(after))));
    }
    if let Some(session) = answer.session.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.insert_header((header::HeaderName::from_static("mcp-session-id"), session));
    }
    match answer.content_type {
        ContentType::Json => {
            response.insert_header((
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            ));
        }
        ContentType::EventStream => {
            response.insert_header((
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream"),
            ));
            // Proxies that buffer would hold progress back until the end.
            response.insert_header((
                header::HeaderName::from_static("x-accel-buffering"),
                HeaderValue::from_static("no"),
            ));
        }
        ContentType::None => {}
    }
    match answer.body {
        AnswerBody::Whole(bytes) => response.body(bytes),
        AnswerBody::Parts(parts) => response.streaming(parts),
    }
}
