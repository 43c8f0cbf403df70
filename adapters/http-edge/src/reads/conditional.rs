//! `ETag` and `If-None-Match`: what a client has already is not sent again.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::etag;

/// The tags that a client has answers for, without the mark of weak ones: they mean the same here.
pub(super) type Tags = Vec<String>;

/// The tags of `If-None-Match`.
pub(super) fn tags(headers: &HeaderMap) -> Tags {
    etag::tags(headers, header::IF_NONE_MATCH)
}

fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The tag of a body. It is weak: compressed or not, the answer is the same.
pub(super) fn tag_of(body: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("W/\"{}\"", etag::digest_of(body))).ok()
}

/// 304 in the place of an answer that the client has. An answer that a handler tagged itself passes:
/// the handler has looked at the same tags, and may know why they are not enough.
pub(super) fn shortened(
    response: ServiceResponse<BoxBody>,
    known: &Tags,
) -> ServiceResponse<BoxBody> {
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let has_it = tag.is_some_and(|tag| {
        tag.starts_with("W/") && known.iter().any(|known| known == strong(tag) || known == "*")
    });
    if !has_it || response.status() != StatusCode::OK {
        return response;
    }
    let (request, response) = response.into_parts();
    let mut not_modified = HttpResponse::NotModified().finish();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            not_modified.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, not_modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_read_whether_they_are_weak_or_not() {
        let mut headers = HeaderMap::new();
        headers.append(header::IF_NONE_MATCH, HeaderValue::from_static("W/\"a\", \"b\","));
        headers.append(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        assert_eq!(tags(&headers), ["\"a\"", "\"b\"", "*"]);
    }

    #[test]
    fn equal_bodies_have_equal_tags() {
        assert_eq!(tag_of(b"a"), tag_of(b"a"));
        assert_ne!(tag_of(b"a"), tag_of(b"b"));
    }
}
