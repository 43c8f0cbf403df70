//! A file that came as `multipart/form-data` (RFC 7578): one part, bounded in size and time.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, dev};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use registry_domain::field::Violation;

use crate::code::Code;
use crate::edge::Edge;
use crate::problem::{Place, Problem};

/// The name of the part that is read; others are skipped.
const PART: &str = "file";

/// How many parts a form may have, so that skipping them has an end.
const MAX_PARTS: usize = 16;

/// The file of a form, of at most `MAX` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload<const MAX: usize> {
    /// Its bytes.
    pub content: Bytes,
    /// What the client calls it; only good for guessing what it is.
    pub file_name: Option<String>,
    /// What the client says that it is, without parameters.
    pub media_type: Option<String>,
}

impl<const MAX: usize> FromRequest for Upload<MAX> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let within = Edge::of(&request)?.settings.body_timeout;
            check_head(&request, MAX)?;
            let form = Multipart::new(request.headers(), payload);
            let late = |_| Err(Problem::new(Code::BadRequest, "The body did not arrive in time"));
            timeout(within, read_form(form)).await.unwrap_or_else(late)
        })
    }
}

fn check_head(request: &HttpRequest, max: usize) -> Result<(), Problem> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let media = kind.split_once(';').map_or(kind, |(media, _)| media).trim();
    if !media.eq_ignore_ascii_case("multipart/form-data") {
        let detail = "The body has to be multipart/form-data with a part named \"file\"";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    // What stands around the file (boundaries, the parts' heads) is small.
    let bound = max.saturating_add(64 << 10);
    match text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > bound => Err(too_large(max)),
        _ => Ok(()),
    }
}

async fn read_form<const MAX: usize>(mut form: Multipart) -> Result<Upload<MAX>, Problem> {
    let mut found = None;
    let mut left = MAX;
    let mut parts = 0;
    while let Some(mut field) = form.try_next().await.map_err(|error| broken(&error))? {
        parts += 1;
        if parts > MAX_PARTS {
            let message = format!("must be at most {MAX_PARTS} parts");
            return Err(Problem::invalid(
                Place::Body,
                vec![Violation { path: Vec::new(), rule: "too_long", message }],
            ));
        }
        let wanted = field.name() == Some(PART);
        let content = read_part(&mut field, &mut left, MAX, wanted).await?;
        if wanted {
            if found.is_some() {
                return Err(wrong_file("too_long", "must be one file"));
            }
            found = Some(upload(&field, content));
        }
    }
    found.ok_or_else(|| wrong_file("missing", "is required"))
}

/// Reads a part to its end; what nobody wants is counted as well, but not kept.
async fn read_part(
    field: &mut Field,
    left: &mut usize,
    max: usize,
    keep: bool,
) -> Result<Bytes, Problem> {
    let mut content = BytesMut::new();
    while let Some(chunk) = field.try_next().await.map_err(|error| broken(&error))? {
        *left = left.checked_sub(chunk.len()).ok_or_else(|| too_large(max))?;
        if keep {
            content.extend_from_slice(&chunk);
        }
    }
    Ok(content.freeze())
}

fn upload<const MAX: usize>(field: &Field, content: Bytes) -> Upload<MAX> {
    let file_name = field.content_disposition().and_then(|said| said.get_filename());
    Upload {
        content,
        file_name: file_name.map(str::to_owned),
        media_type: field.content_type().map(|kind| kind.essence_str().to_owned()),
    }
}

fn wrong_file(rule: &'static str, message: &'static str) -> Problem {
    Problem::invalid(Place::Body, vec![Violation::at(PART, rule, message)])
}

fn broken(error: &MultipartError) -> Problem {
    Problem::new(Code::BadRequest, format!("The form cannot be read: {error}"))
}

fn too_large(max: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("The file may have at most {max} bytes"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue};
    use futures_util::stream::iter;

    use super::*;

    type Read = Result<Upload<8>, Code>;

    async fn read(body: &str) -> Read {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("multipart/form-data; boundary=B");
        headers.insert(header::CONTENT_TYPE, kind);
        let chunk = Bytes::copy_from_slice(body.as_bytes());
        let payload = iter([Ok::<_, actix_web::error::PayloadError>(chunk)]);
        read_form(Multipart::new(&headers, payload)).await.map_err(|problem| problem.code())
    }

    fn part(name: &str, content: &str) -> String {
        format!(
            "--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"s.csv\"\r\n\
             Content-Type: text/csv; charset=utf-8\r\n\r\n{content}\r\n"
        )
    }

    #[actix_web::test]
    async fn the_part_named_file_is_read_and_others_are_skipped() {
        let form = format!("{}{}--B--\r\n", part("note", "x"), part("file", "a,b"));
        let upload = read(&form).await.unwrap();
        assert_eq!(upload.content, "a,b");
        assert_eq!(upload.file_name.as_deref(), Some("s.csv"));
        assert_eq!(upload.media_type.as_deref(), Some("text/csv"));
    }

    #[actix_web::test]
    async fn a_form_without_one_bounded_file_is_refused() {
        let of = |parts: &[String]| format!("{}--B--\r\n", parts.concat());
        assert_eq!(read(&of(&[part("note", "x")])).await, Err(Code::ValidationError));
        let two = of(&[part("file", "a"), part("file", "b")]);
        assert_eq!(read(&two).await, Err(Code::ValidationError));
        assert_eq!(read(&of(&[part("file", "123456789")])).await, Err(Code::PayloadTooLarge));
        let skipped = of(&[part("note", "12345"), part("file", "1234")]);
        assert_eq!(read(&skipped).await, Err(Code::PayloadTooLarge));
        assert_eq!(read("--B\r\nnonsense").await, Err(Code::BadRequest));
    }
}
