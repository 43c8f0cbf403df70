//! Which answers are compressed: whole texts that are long enough to be worth it.
//!
//! Three layers: the innermost marks what stays as it is, actix-web's compresses the rest where the
//! client takes that, and the outermost removes the marks and makes the heads true again.

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;

/// A shorter answer fits in one packet either way.
const LEAST_BYTES: u64 = 1024;
/// The mark: what has a coding is not given another one.
const AS_IT_IS: HeaderValue = HeaderValue::from_static("identity");

/// The innermost layer.
pub(crate) async fn mark<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    // What passes through from somebody else's server is passed as it came.
    let is_passed_on = request.path().starts_with("/mcp");
    let mut response = next.call(request).await?;
    let is_long =
        matches!(response.response().body().size(), BodySize::Sized(size) if size >= LEAST_BYTES);
    let is_ours = response.response().error().is_none();
    if is_passed_on || !is_long || !is_ours || !is_plain_text(response.headers()) {
        let headers = response.headers_mut();
        if !headers.contains_key(header::CONTENT_ENCODING) {
            headers.insert(header::CONTENT_ENCODING, AS_IT_IS);
        }
    }
    Ok(response)
}

/// The outermost layer.
pub(crate) async fn tidy<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let coding = headers.get(header::CONTENT_ENCODING).cloned();
    match coding {
        Some(coding) if coding == AS_IT_IS => {
            headers.remove(header::CONTENT_ENCODING);
        }
        coding => {
            vary(headers);
            if coding.is_some() {
                weaken(headers);
            }
        }
    }
    Ok(response)
}

/// Says that the answer depends on what codings the client takes.
fn vary(headers: &mut HeaderMap) {
    let named = headers
        .get_all(header::VARY)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim().eq_ignore_ascii_case("accept-encoding"));
    if !named {
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

/// A strong tag would promise the same bytes.
fn weaken(headers: &mut HeaderMap) {
    let strong = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let weak = strong.filter(|tag| tag.starts_with('"')).map(|tag| format!("W/{tag}"));
    if let Some(weak) = weak.and_then(|weak| HeaderValue::from_str(&weak).ok()) {
        headers.insert(header::ETAG, weak);
    }
}

/// A text of ours: no stream of events, and no document that somebody uploaded.
fn is_plain_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let media = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let is_text =
        media.ends_with("json") || media.starts_with("text/") || media.ends_with("javascript");
    is_text && media != "text/event-stream" && !headers.contains_key(header::CONTENT_DISPOSITION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn texts_of_ours_are_compressed_and_nothing_else() {
        let kind = |kind| is_plain_text(&headers(&[(header::CONTENT_TYPE, kind)]));
        for good in ["application/json", "application/problem+json", "text/html; charset=utf-8"] {
            assert!(kind(good), "{good}");
        }
        for bad in ["text/event-stream", "application/pdf", "image/png", ""] {
            assert!(!kind(bad), "{bad}");
        }
        let document = [
            (header::CONTENT_TYPE, "text/plain"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"a.txt\""),
        ];
        assert!(!is_plain_text(&headers(&document)));
    }

    #[test]
    fn a_compressed_answer_has_a_weak_tag_and_varies_once() {
        let mut head =
            headers(&[(header::ETAG, "\"7\""), (header::VARY, "Origin, accept-encoding")]);
        weaken(&mut head);
        vary(&mut head);
        assert_eq!(head.get(header::ETAG).unwrap(), "W/\"7\"");
        assert_eq!(head.get_all(header::VARY).count(), 1);
        weaken(&mut head);
        assert_eq!(head.get(header::ETAG).unwrap(), "W/\"7\"");
    }
}
