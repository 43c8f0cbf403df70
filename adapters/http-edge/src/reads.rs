//! The layer around what is read: answers that are given again for a while, and tags by which a
//! client knows that it has one already.
//!
//! An answer is kept under the generation that was current before its handler ran. Each commit
//! replaces the generation before the one who wrote is answered, so what was read before a commit
//! is never found after it, however the two raced. The token is verified and the limits count on
//! every request; a hit asks no store.

mod answers;
mod conditional;
mod entry;
mod key;

use std::sync::Arc;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use bytes::Bytes;

pub use answers::Answers;

use crate::edge::Edge;
use crate::guard::{self, AdmittedBefore};
use crate::reads::answers::{Found, Generation};
use crate::reads::entry::Entry;

/// Says whether an answer was kept.
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// What the layer knows.
#[derive(Debug, Clone)]
pub struct ReadSettings {
    /// The addresses, with all below them, whose answers have tags and may be kept.
    pub paths: &'static [&'static str],
    /// Where they are kept, if they are.
    pub answers: Option<Arc<Answers>>,
}

impl ReadSettings {
    fn covers(&self, request: &ServiceRequest) -> bool {
        let path = request.path();
        // HEAD is answered by the same handlers; its body is left out behind us.
        matches!(*request.method(), Method::GET | Method::HEAD)
            && !request.headers().contains_key(header::RANGE)
            && self.paths.iter().any(|base| {
                path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

/// The middleware.
pub(crate) async fn around(
    edge: web::Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(reads) = edge.settings.reads.as_ref().filter(|reads| reads.covers(&request)) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let known = conditional::tags(request.headers());
    let Some(answers) = &reads.answers else {
        return Ok(tagged(next.call(request).await?.map_into_boxed_body(), &known));
    };

    let admitted = match guard::admitted(&edge, request.request()).await {
        Ok(admitted) => admitted,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let key = key::of(&request, admitted.as_ref());
    request.extensions_mut().insert(AdmittedBefore(admitted));

    let generation = match answers.find(&key).await {
        // Whether a tag of the handler's own covers what is asked for is the handler's to say.
        Found::Hit(entry) if known.is_empty() || !entry.has_own_tag => {
            let age = entry.age(edge.clock.now());
            let mut response = request.into_response(entry.into_response());
            let headers = response.headers_mut();
            headers.insert(X_CACHE, HeaderValue::from_static("HIT"));
            headers.insert(header::AGE, HeaderValue::from(age));
            return Ok(conditional::shortened(response, &known));
        }
        Found::Miss(generation) => Some(generation),
        Found::Hit(_) | Found::Unavailable => None,
    };
    let mut response = tagged_and_kept(
        next.call(request).await?.map_into_boxed_body(),
        |entry| async move { keep(answers, &key, generation, entry).await },
        &edge,
    )
    .await;
    response.headers_mut().insert(X_CACHE, HeaderValue::from_static("MISS"));
    Ok(conditional::shortened(response, &known))
}

async fn keep(answers: &Answers, key: &str, generation: Option<Generation>, entry: Entry) {
    if let Some(generation) = generation {
        answers.keep(key, &generation, &entry).await;
    }
}

/// Gives an answer a tag, and leaves it out if the client has it already.
fn tagged(
    response: ServiceResponse<BoxBody>,
    known: &conditional::Tags,
) -> ServiceResponse<BoxBody> {
    if !may_be_given_again(&response) {
        return response;
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let response = match body.try_into_bytes() {
        Ok(body) => with_tag(head, body).0,
        Err(body) => head.set_body(body),
    };
    conditional::shortened(ServiceResponse::new(request, response), known)
}

async fn tagged_and_kept<Kept: Future<Output = ()>>(
    response: ServiceResponse<BoxBody>,
    keep: impl FnOnce(Entry) -> Kept,
    edge: &Edge,
) -> ServiceResponse<BoxBody> {
    if !may_be_given_again(&response) {
        return response;
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let response = match body.try_into_bytes() {
        Ok(body) => {
            let (response, has_own_tag) = with_tag(head, body.clone());
            if let Some(entry) = Entry::of(&response, body, has_own_tag, edge.clock.now()) {
                keep(entry).await;
            }
            response
        }
        Err(body) => head.set_body(body),
    };
    ServiceResponse::new(request, response)
}

/// Whole, well, JSON, and not forbidden to keep.
fn may_be_given_again(response: &ServiceResponse<BoxBody>) -> bool {
    let headers = response.headers();
    let has = |name, wanted: &str| {
        let text = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        text.is_some_and(|text| text.contains(wanted))
    };
    response.status() == StatusCode::OK
        && matches!(response.response().body().size(), BodySize::Sized(_))
        && has(header::CONTENT_TYPE, "json")
        && !has(header::CACHE_CONTROL, "no-store")
        && !headers.contains_key(header::CONTENT_DISPOSITION)
        && !headers.contains_key(header::SET_COOKIE)
}

/// The answer with a tag, and whether that was its own. Nobody on the way may give it to others,
/// or to the same one without asking.
fn with_tag(mut head: HttpResponse<()>, body: Bytes) -> (HttpResponse<BoxBody>, bool) {
    let headers = head.headers_mut();
    let has_own = headers.contains_key(header::ETAG);
    if !has_own && let Some(tag) = conditional::tag_of(&body) {
        headers.insert(header::ETAG, tag);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    (head.set_body(body).map_into_boxed_body(), has_own)
}
