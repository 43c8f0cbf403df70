//! The headers of a request: ours, and what the domain's message head names. Nothing else goes out
//! (no cookies, no header of a client); what opens the server is added where it is sent.

use std::borrow::Cow;

use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use mcp_wire::name_header;
use registry_domain::ports::MessageHead;

use crate::target::Target;

static REVISION: HeaderName = HeaderName::from_static("mcp-protocol-version");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static HOPS: HeaderName = HeaderName::from_static("x-mcp-registry-hops");
static METHOD: HeaderName = HeaderName::from_static("mcp-method");
static NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The header in which a legacy session travels, both ways.
pub(crate) static SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

const PARAM_PREFIX: &str = "mcp-param-";

/// The headers of a message (mcp.md §2.2 and §3).
pub(crate) fn of_message(target: &Target, agent: &HeaderValue, head: MessageHead) -> HeaderMap {
    let mut headers = of_request(target, agent, head.revision, head.session);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    put(&mut headers, &TRACEPARENT, head.traceparent);
    if head.hops > 0 {
        headers.insert(&HOPS, HeaderValue::from(u16::from(head.hops)));
    }
    put(&mut headers, &METHOD, head.method);
    put(&mut headers, &NAME, head.name.map(encoded));
    for (name, value) in head.params {
        if name.get(..PARAM_PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(PARAM_PREFIX))
            && let Ok(name) = HeaderName::try_from(name)
        {
            put(&mut headers, &name, Some(value));
        }
    }
    headers
}

/// The headers of a request for a stream of events.
pub(crate) fn of_listening(target: &Target, agent: &HeaderValue, head: MessageHead) -> HeaderMap {
    let mut headers = of_request(target, agent, head.revision, head.session);
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    headers
}

/// The headers that every request has, and those of a legacy session.
pub(crate) fn of_request(
    target: &Target,
    agent: &HeaderValue,
    revision: Option<String>,
    session: Option<String>,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(HOST, target.host.clone());
    headers.insert(USER_AGENT, agent.clone());
    put(&mut headers, &REVISION, revision);
    put(&mut headers, &SESSION, session);
    headers
}

/// A name as a header can carry it; most can go as they are.
fn encoded(name: String) -> String {
    let encoded = match name_header::encode(&name) {
        Cow::Owned(encoded) => Some(encoded),
        Cow::Borrowed(_) => None,
    };
    encoded.unwrap_or(name)
}

/// Sets a header. What a header cannot carry is left out: the upstream then says what it misses,
/// which is truer than a value that we made up.
fn put(headers: &mut HeaderMap, name: &HeaderName, value: Option<String>) {
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(name, value);
    }
}
