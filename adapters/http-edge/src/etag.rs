//! Entity tags of answers: `"r3-…"`, the revision of what is shown and a digest of how it was shown.
//!
//! The whole tag says whether a reader has this very answer (`If-None-Match`). Its revision alone
//! says what a writer has read (`If-Match`): that a health check or a discovery changed the answer
//! since then is no reason to refuse a change of what people wrote.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, dev};
use futures_util::future::{Ready, ready};
use registry_domain::id::Revision;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::code::Code;
use crate::problem::Problem;

/// The tags of a header. A proxy that compresses marks tags as weak: they mean the same here.
pub fn tags(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(|tag| tag.strip_prefix("W/").unwrap_or(tag).to_owned())
        .collect()
}

/// The revision that a writer has read; `None` without `If-Match`, or with `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfRevision(pub Option<Revision>);

impl FromRequest for IfRevision {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(if_match(request, revision_of).map(Self))
    }
}

/// What `If-Match` says that a writer has seen; `None` without it, or with `*`.
///
/// # Errors
/// 400 for several tags, and for one that `parse` does not know.
pub fn if_match<T>(
    request: &HttpRequest,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let seen = match tags(request.headers(), header::IF_MATCH).as_slice() {
        [] => Ok(None),
        [any] if any == "*" => Ok(None),
        [tag] => parse(tag).map(Some).ok_or("If-Match is no ETag of this resource"),
        _ => Err("If-Match has more than one ETag"),
    };
    seen.map_err(|detail| Problem::new(Code::BadRequest, detail))
}

fn revision_of(tag: &str) -> Option<Revision> {
    let inner = tag.strip_prefix("\"r")?.strip_suffix('"')?;
    let (revision, _) = inner.split_once('-')?;
    revision.parse().ok().map(Revision)
}

/// Answers with `body` and its tag; 304 and the tag alone to a reader who has it already.
///
/// # Errors
/// 500 when the body cannot be written as JSON, which is a bug.
pub fn tagged(
    request: &HttpRequest,
    mut response: HttpResponseBuilder,
    revision: Option<Revision>,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| Problem::internal().caused_by(error))?;
    let tag = tag_of(revision, &bytes);
    let known = tags(request.headers(), header::IF_NONE_MATCH);
    // The value is made of digits and letters, so the header always takes it.
    let value = HeaderValue::from_str(&tag).map_err(|_| Problem::internal())?;
    response
        .insert_header((header::ETAG, value))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if known.iter().any(|known| *known == tag || known == "*") {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    Ok(response.content_type("application/json").body(bytes))
}

fn tag_of(revision: Option<Revision>, bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut tag = String::from("\"");
    // Writing to a string never fails.
    if let Some(Revision(revision)) = revision {
        let _ = write!(tag, "r{revision}-");
    }
    tag.push_str(&digest_of(bytes));
    tag.push('"');
    tag
}

/// What tells any two bodies apart: half of their hash, in hex.
pub(crate) fn digest_of(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    hash.first_chunk::<16>()
        .map_or_else(String::new, |half| format!("{:032x}", u128::from_be_bytes(*half)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::json;

    use super::*;

    async fn revision(value: &str) -> Result<Option<Revision>, Code> {
        let request = TestRequest::default().insert_header((header::IF_MATCH, value));
        let read = IfRevision::extract(&request.to_http_request()).await;
        read.map(|IfRevision(seen)| seen).map_err(|problem| problem.code())
    }

    #[actix_web::test]
    async fn a_writer_is_held_to_the_revision_alone() {
        for tag in [r#""r3-00ff""#, r#"W/"r3-00ff""#, r#""r3-""#] {
            assert_eq!(revision(tag).await, Ok(Some(Revision(3))), "{tag}");
        }
        assert_eq!(revision("*").await, Ok(None));
        for bad in ["nonsense", r#""r3""#, r#""3-aa""#, r#""r-1-aa""#, r#""r1-a", "r2-a""#] {
            assert_eq!(revision(bad).await, Err(Code::BadRequest), "{bad}");
        }
    }

    #[actix_web::test]
    async fn a_reader_who_has_the_answer_gets_its_tag_alone() {
        let ask = |known: &str, body: &serde_json::Value| {
            let request = TestRequest::default().insert_header((header::IF_NONE_MATCH, known));
            let revision = Some(Revision(3));
            tagged(&request.to_http_request(), HttpResponse::Ok(), revision, body).unwrap()
        };
        let first = ask("\"other\"", &json!({"a": 1}));
        assert_eq!(first.status(), 200);
        let tag = first.headers().get(header::ETAG).unwrap().to_str().unwrap().to_owned();
        assert!(tag.starts_with("\"r3-"), "{tag}");
        assert_eq!(ask(&tag, &json!({"a": 1})).status(), 304);
        assert_eq!(ask(&tag, &json!({"a": 2})).status(), 200);
    }
}
