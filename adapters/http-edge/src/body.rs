//! How both apps read a request's body: of the right type, and bounded in size and time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::rt::time::timeout;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::code::Code;
use crate::problem::Problem;

/// Reads a JSON body whole, as the bytes that came; whether they are JSON is for others to say.
///
/// A client that stops sending without hanging up would otherwise hold its connection, and a
/// worker's memory, for ever: hence `within`, which is for the whole body and not for each part.
///
/// # Errors
/// 415 when the head says that it is not plain JSON, 413 when it is longer than `max_bytes`, or
/// says that it will be, and 400 when it breaks off or is not there in time.
pub async fn read(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
    within: Duration,
) -> Result<Bytes, Problem> {
    if text(headers, &header::CONTENT_TYPE).is_some_and(|kind| !is_json(kind)) {
        return Err(unsupported("The body has to be application/json, in UTF-8"));
    }
    read_any(headers, payload, max_bytes, within).await
}

/// Reads a form (`application/x-www-form-urlencoded`) whole, under the same bounds.
///
/// # Errors
/// As [`read`], for a body of another type.
pub async fn read_form(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
    within: Duration,
) -> Result<Bytes, Problem> {
    let kind = text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let media = kind.split_once(';').map_or(kind, |(media, _)| media).trim();
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(unsupported("The body has to be application/x-www-form-urlencoded"));
    }
    read_any(headers, payload, max_bytes, within).await
}

async fn read_any(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
    within: Duration,
) -> Result<Bytes, Problem> {
    check_head(headers, max_bytes)?;
    // A body that is there already never arms the timer: the collecting is polled first.
    timeout(within, collect(payload, max_bytes))
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::BadRequest, "The body did not arrive in time")))
}

/// A header's text. A value that is no text matches nothing, so it is refused where a text would be
/// wrong.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn check_head(headers: &HeaderMap, max_bytes: usize) -> Result<(), Problem> {
    let coding = text(headers, &header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(unsupported("Compressed bodies are not read here"));
    }
    let announced =
        text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    match announced {
        Some(length) if length > max_bytes => Err(too_large(max_bytes)),
        _ => Ok(()),
    }
}

/// `application/json`, or a type that is written in it: `application/…+json`; in UTF-8, as all JSON
/// is, whatever else is said of it.
fn is_json(kind: &str) -> bool {
    let (media, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let Some((family, subtype)) = media.trim().split_once('/') else { return false };
    let syntax = subtype.rsplit_once('+').map_or(subtype, |(_, suffix)| suffix);
    family.eq_ignore_ascii_case("application")
        && syntax.eq_ignore_ascii_case("json")
        && parameters.split(';').all(|parameter| !is_other_charset(parameter))
}

fn is_other_charset(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let value = value.trim().trim_matches('"');
    let of_utf8 = ["utf-8", "utf8", "us-ascii"];
    name.trim().eq_ignore_ascii_case("charset")
        && of_utf8.iter().all(|known| !value.eq_ignore_ascii_case(known))
}

/// Reads to the end; what is longer than it said is cut off as well.
async fn collect(mut payload: Payload, max_bytes: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|_| Problem::new(Code::BadRequest, "The body broke off"))?;
        if body.len().saturating_add(part.len()) > max_bytes {
            return Err(too_large(max_bytes));
        }
        // Most bodies come in one part: it is copied at most once, to let go of the connection's
        // own buffer, and at exactly its size.
        if body.is_empty() {
            body = BytesMut::from(part);
        } else {
            body.extend_from_slice(&part);
        }
    }
    Ok(body.freeze())
}

fn unsupported(detail: &'static str) -> Problem {
    Problem::new(Code::UnsupportedMediaType, detail)
}

fn too_large(max_bytes: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("The body may have at most {max_bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use actix_web::error::PayloadError;
    use actix_web::http::header::HeaderValue;
    use futures_util::stream::{iter, pending};

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    type Part = Result<&'static str, PayloadError>;

    fn parts(parts: Vec<Part>) -> Payload {
        let parts = parts.into_iter().map(|part| part.map(Bytes::from));
        Payload::Stream { payload: Box::pin(iter(parts)) }
    }

    fn stalled(first: &'static str) -> Payload {
        let first = iter([Ok(Bytes::from(first))]);
        Payload::Stream { payload: Box::pin(first.chain(pending())) }
    }

    async fn ask(
        head: &[(HeaderName, &'static str)],
        payload: Payload,
    ) -> Result<Bytes, (u16, Code)> {
        let head = head.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        read(&head.collect(), payload, 4, SOON)
            .await
            .map_err(|problem| (problem.code().status().as_u16(), problem.code()))
    }

    #[actix_web::test]
    async fn a_body_is_what_its_parts_are_together() {
        assert_eq!(ask(&[], Payload::None).await, Ok(Bytes::new()));
        assert_eq!(ask(&[], parts(vec![Ok("abcd")])).await.as_deref(), Ok(&b"abcd"[..]));
        let many = parts(vec![Ok(""), Ok("ab"), Ok(""), Ok("c"), Ok("d")]);
        assert_eq!(ask(&[], many).await.as_deref(), Ok(&b"abcd"[..]));
    }

    #[actix_web::test]
    async fn a_body_that_stalls_is_given_up_whatever_came_before() {
        let late = Err((400, Code::BadRequest));
        assert_eq!(ask(&[], stalled("")).await, late);
        assert_eq!(ask(&[(header::CONTENT_LENGTH, "4")], stalled("ab")).await, late);
        let broken = parts(vec![Ok("ab"), Err(PayloadError::Incomplete(None))]);
        assert_eq!(ask(&[], broken).await, late);
    }

    #[actix_web::test]
    async fn a_body_that_is_too_long_is_refused_as_soon_as_that_is_known() {
        let large = Err((413, Code::PayloadTooLarge));
        assert_eq!(ask(&[(header::CONTENT_LENGTH, "5")], stalled("")).await, large);
        assert_eq!(ask(&[], stalled("abcde")).await, large);
        assert_eq!(ask(&[], parts(vec![Ok("abc"), Ok("de")])).await, large);
        let lied = parts(vec![Ok("abc"), Ok("de")]);
        assert_eq!(ask(&[(header::CONTENT_LENGTH, "3")], lied).await, large);
    }

    #[actix_web::test]
    async fn only_what_is_plain_json_is_read() {
        for kind in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json ;x=y",
            "application/json;charset=\"UTF-8\";",
            "application/json; x=y; CHARSET=utf8",
            "application/merge-patch+JSON",
        ] {
            let read = ask(&[(header::CONTENT_TYPE, kind)], parts(vec![Ok("{}")])).await;
            assert_eq!(read.as_deref(), Ok(&b"{}"[..]), "{kind}");
        }
        for kind in [
            "",
            "json",
            "text/json",
            "application/jsonl",
            "application/",
            "x/y+json",
            "/",
            "application/json; charset=utf-16",
            "application/json;x=y;Charset=\"ISO-8859-1\"",
            "application/json; charset=",
        ] {
            let read = ask(&[(header::CONTENT_TYPE, kind)], stalled("")).await;
            assert_eq!(read, Err((415, Code::UnsupportedMediaType)), "{kind}");
        }
        let read = ask(&[(header::CONTENT_ENCODING, "gzip")], stalled("")).await;
        assert_eq!(read, Err((415, Code::UnsupportedMediaType)));
    }
}
