//! The outermost layer of both apps: gives each request its id, writes problems, and tells at
//! DEBUG what was asked and how it went.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use futures_util::future::{Ready, ready};
use tracing::{Instrument, Span};

use crate::code::Code;
use crate::edge::Edge;
use crate::limits;
use crate::meter::{self, AppMeter};
use crate::problem::Problem;
use crate::problem_body::{self, Occurrence};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that answers, logs and records carry: the client's own where it is fit to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    const MAX_CHARS: usize = 128;

    /// Accepts 1 to 128 visible ASCII characters: such an id can go into headers and logs.
    fn parse(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let fit = (1..=Self::MAX_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        fit.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(Problem::internal))
    }
}

/// The middleware; `crate::edge::app` wraps it around everything else.
pub(crate) async fn around_request(
    edge: web::Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    let meter = AppMeter::of(&request);
    let _in_flight = meter.as_ref().map(|meter| meter.enter());
    let id = request
        .headers()
        .get(X_REQUEST_ID)
        .and_then(RequestId::parse)
        .unwrap_or_else(|| RequestId(edge.ids.next().to_string().into()));
    request.extensions_mut().insert(id.clone());
    let span = tracing::debug_span!("request", request_id = id.as_str());
    let trace = trace_of(&edge, &request, &id);

    let called = next.call(request).instrument(span).instrument(trace.clone());
    let mut response = called.await?.map_into_boxed_body();
    if let Some(error) = response.response().error() {
        let written = write_problem(&edge, &id, response.request(), response.response(), error);
        response = ServiceResponse::new(response.request().clone(), written);
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    edge.settings.draining.mark(response.response_mut());
    let told = response.request().clone();
    limits::tell(&told, response.headers_mut());
    let took = began.elapsed();
    if let Some(traces) = edge.settings.traces.filter(|_| !trace.is_disabled()) {
        (traces.name)(&trace, meter::tell(&trace, response.request(), response.status()));
    }
    edge.settings.tally.note(response.status(), took);
    if let Some(meter) = meter {
        meter.note(response.request(), response.status(), took);
    }
    tracing::debug!(
        method = response.request().method().as_str(),
        path = response.request().path(),
        status = response.status().as_u16(),
        elapsed_ms = (took.as_secs_f64() * 1_000_000.0).round() / 1000.0,
        request_id = id.as_str(),
        "request",
    );
    Ok(response)
}

/// The request's span in its caller's trace; nothing while traces are off.
fn trace_of(edge: &Edge, request: &ServiceRequest, id: &RequestId) -> Span {
    let span = tracing::info_span!(
        target: "trace",
        "request",
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = meter::method_of(request.method()),
        http.route = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
        server = edge.settings.server,
        request_id = id.as_str(),
    );
    if !span.is_disabled()
        && let Some(traces) = edge.settings.traces
        && let Some(Ok(parent)) = request.headers().get("traceparent").map(HeaderValue::to_str)
    {
        (traces.continue_trace)(&span, parent);
    }
    span
}

fn write_problem(
    edge: &Edge,
    id: &RequestId,
    request: &HttpRequest,
    response: &actix_web::HttpResponse<BoxBody>,
    error: &actix_web::Error,
) -> actix_web::HttpResponse<BoxBody> {
    let occurrence = Occurrence {
        request_id: id.as_str(),
        path: request.path(),
        at: edge.clock.now(),
        resources_at: edge.settings.resources_at.as_deref(),
    };
    let headers = kept_headers(response.headers());
    match error.as_error::<Problem>() {
        Some(problem) => told(problem, occurrence, headers, request),
        None => told(&foreign(error), occurrence, headers, request),
    }
}

/// Writes the problem, and leaves its code with the request for layers further out.
fn told(
    problem: &Problem,
    occurrence: Occurrence<'_>,
    headers: HeaderMap,
    request: &HttpRequest,
) -> actix_web::HttpResponse<BoxBody> {
    request.extensions_mut().insert(problem.code());
    problem_body::write(problem, occurrence, headers)
}

/// Errors that are not ours come from actix-web's own layers: CORS refuses a preflight.
fn foreign(error: &actix_web::Error) -> Problem {
    let status = error.as_response_error().status_code();
    if status.is_client_error() {
        Problem::new(Code::BadRequest, error.to_string())
    } else {
        tracing::error!(%error, "actix-web failed");
        Problem::internal()
    }
}

/// What other layers put on the response stays, except what described the old body.
fn kept_headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    kept.remove(actix_web::http::header::CONTENT_LENGTH);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_when_it_can_be_printed_and_is_not_endless() {
        let parse =
            |text: &str| HeaderValue::from_str(text).ok().and_then(|v| RequestId::parse(&v));
        for good in ["a", "b7c1-4f", "{\"odd\"}", &"x".repeat(128)] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in ["", "two words", "tab\there", &"x".repeat(129)] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        let latin = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        assert!(RequestId::parse(&latin).is_none());
    }
}
