//! Forms with a file (`multipart/form-data`, RFC 7578): one file and a few texts, each bounded, and
//! the whole of them in size and time. Nothing is kept on disk, and nothing reaches a use case
//! before all of it has arrived.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::{self, Payload};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, Charset, ContentDisposition, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt};
use registry_domain::field::{Step, Violation};

use crate::code::Code;
use crate::edge::Edge;
use crate::problem::{Place, Problem};

/// The part that is the file.
const FILE: &str = "file";
/// How many bytes a text may have: none of those that are asked for needs so many.
const MAX_TEXT_BYTES: usize = 4096;
/// How much there may be beside the file: texts, headers of parts, boundaries.
const MAX_BESIDE_FILE: usize = 64 * 1024;
/// How many times as long as a JSON body a form may take to arrive: it is larger.
const SLOWER: u32 = 4;

/// What can be read out of a form with a file.
pub trait ReadForm: Sized {
    /// How many bytes the file may have.
    const MAX_FILE_BYTES: usize;
    /// The names of the texts, each of which may be left out.
    const TEXTS: &'static [&'static str];

    /// Reads the form.
    fn read(form: Form) -> Self;
}

/// A form that has arrived whole.
#[derive(Debug)]
pub struct Form {
    /// The name that the file was sent under; empty where it had none.
    pub filename: String,
    /// What the client says that it is, without parameters.
    pub media_type: Option<String>,
    /// The file's bytes.
    pub content: Bytes,
    texts: Vec<(&'static str, String)>,
}

impl Form {
    /// Takes a text out, if it was sent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let at = self.texts.iter().position(|(known, _)| *known == name)?;
        Some(self.texts.swap_remove(at).1)
    }
}

/// A form with a file.
#[derive(Debug)]
pub struct FileForm<T>(pub T);

impl<T: ReadForm + 'static> FromRequest for FileForm<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let within = Edge::of(&request)?.settings.body_timeout.saturating_mul(SLOWER);
            let rules = Rules { max_file: T::MAX_FILE_BYTES, texts: T::TEXTS };
            let form = read(request.headers(), payload, rules, within).await?;
            Ok(Self(T::read(form)))
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Rules {
    max_file: usize,
    texts: &'static [&'static str],
}

impl Rules {
    const fn max_body(self) -> usize {
        self.max_file.saturating_add(MAX_BESIDE_FILE)
    }

    fn too_large(self) -> Problem {
        let most = self.max_file;
        Problem::new(Code::PayloadTooLarge, format!("A file may have at most {most} bytes"))
    }
}

/// Reads a form whole, within a time that is for all of it.
async fn read(
    headers: &HeaderMap,
    payload: Payload,
    rules: Rules,
    within: Duration,
) -> Result<Form, Problem> {
    check_head(headers, rules)?;
    let parts = Multipart::new(headers, bounded(payload, rules.max_body()));
    timeout(within, collect(parts, rules))
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::BadRequest, "The body did not arrive in time")))
}

fn check_head(headers: &HeaderMap, rules: Rules) -> Result<(), Problem> {
    // A value that is no text matches nothing, so it is refused where a text would be wrong.
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let media = kind.split_once(';').map_or(kind, |(media, _)| media).trim();
    if !media.eq_ignore_ascii_case("multipart/form-data") {
        let detail = "The body has to be multipart/form-data, with a part named file";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        let detail = "Compressed bodies are not read here";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    match announced {
        Some(length) if length > rules.max_body() => Err(rules.too_large()),
        _ => Ok(()),
    }
}

/// What comes, as long as it is not too much: whatever was announced.
fn bounded(payload: Payload, most: usize) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let mut left = most;
    payload.map(move |part| {
        let part = part?;
        left = left.checked_sub(part.len()).ok_or(PayloadError::Overflow)?;
        Ok(part)
    })
}

async fn collect(mut parts: Multipart, rules: Rules) -> Result<Form, Problem> {
    let mut file = None;
    let mut texts: Vec<(&'static str, String)> = Vec::new();
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| broken(&error, rules))?;
        if part.headers().contains_key(header::CONTENT_LENGTH) {
            // The parser would believe it, and cut the part off there without a word.
            let detail = "A part does not state its own length (RFC 7578, section 4.8)";
            return Err(Problem::new(Code::BadRequest, detail));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let known = rules.texts.iter().copied().find(|known| *known == name);
        let is_second =
            file.is_some() && name == FILE || texts.iter().any(|(read, _)| Some(*read) == known);
        if is_second {
            return Err(refused(name, "duplicate", "may come once only"));
        }
        match known {
            Some(known) => {
                let content = content(&mut part, MAX_TEXT_BYTES, rules).await?;
                let content = content.ok_or_else(|| {
                    refused(name.clone(), "string_too_long", "must be at most 4096 bytes long")
                })?;
                let text = String::from_utf8(content.into())
                    .map_err(|_| refused(name, "string_unicode", "must be UTF-8"))?;
                texts.push((known, text));
            }
            None if name == FILE => {
                let Some(filename) = filename(&part) else {
                    return Err(refused(name, "file_expected", "must be a file, with its name"));
                };
                let media_type = part.content_type().map(|kind| kind.essence_str().to_owned());
                let content = content(&mut part, rules.max_file, rules).await?;
                file = Some((filename, media_type, content.ok_or_else(|| rules.too_large())?));
            }
            None => return Err(refused(name, "extra_forbidden", "is not a part of this form")),
        }
    }
    let Some((filename, media_type, content)) = file else {
        return Err(refused(FILE.to_owned(), "missing", "is required"));
    };
    Ok(Form { filename, media_type, content, texts })
}

/// A part's bytes; `None` when there are more than `most`.
async fn content(part: &mut Field, most: usize, rules: Rules) -> Result<Option<Bytes>, Problem> {
    let mut content = BytesMut::new();
    while let Some(piece) = part.try_next().await.map_err(|error| broken(&error, rules))? {
        if content.len().saturating_add(piece.len()) > most {
            return Ok(None);
        }
        content.extend_from_slice(&piece);
    }
    Ok(Some(content.freeze()))
}

/// The name of a file, in whichever way it was spelled; `None` for a part that is no file.
fn filename(part: &Field) -> Option<String> {
    let disposition = part.content_disposition()?;
    extended(disposition).or_else(|| disposition.get_filename().map(str::to_owned))
}

/// `filename*`, which a form should not have (RFC 7578 §4.2) and some clients send.
fn extended(disposition: &ContentDisposition) -> Option<String> {
    let name = disposition.get_filename_ext()?;
    let is_utf8 =
        matches!(&name.charset, Charset::Ext(charset) if charset.eq_ignore_ascii_case("utf-8"));
    is_utf8.then(|| String::from_utf8(name.value.clone()).ok()).flatten()
}

fn broken(error: &MultipartError, rules: Rules) -> Problem {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => rules.too_large(),
        error => Problem::new(Code::BadRequest, format!("The body is no whole form: {error}")),
    }
}

/// A part that breaks a rule. Its name is a stranger's: so much of it is repeated as tells which.
fn refused(name: String, rule: &'static str, message: &str) -> Problem {
    let name = if name.len() > 100 { name.chars().take(100).collect() } else { name };
    let path = vec![Step::Member(Cow::Owned(name))];
    Problem::invalid(Place::Body, vec![Violation { path, rule, message: message.to_owned() }])
}

#[cfg(test)]
#[path = "file_form_tests.rs"]
mod tests;
