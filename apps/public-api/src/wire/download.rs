//! A document's bytes as an answer: whole, in part, or none because they are known (RFC 9110 §13
//! and §14).
//!
//! A document is a stranger's file on our own origin. It is given out to be kept, never to be shown:
//! as an attachment, of the type that its content was judged to be, in a sandbox should a browser
//! show it all the same.

use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, dev};
use futures_util::future::{Ready, ready};
use futures_util::stream;
use registry_domain::document::{Document, MediaType};
use registry_http_edge::{Code, Problem};

use crate::wire::disposition::attachment;
use crate::wire::precondition::IfNoneMatch;
use crate::wire::range::{Asked, asked};

/// What a request wants of a document, before it is known how large that is.
#[derive(Debug)]
pub(crate) struct Wanted {
    known: IfNoneMatch,
    /// The `Range` header, where it counts.
    range: Option<String>,
    /// The tag that the range is for.
    range_of: Option<String>,
    is_head: bool,
}

/// What is answered of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing: the caller has it.
    Known,
    /// Nothing: the caller asked for what would be said of it.
    Head,
    /// All of it.
    Whole(Range<u32>),
    /// Some of it.
    Some(Range<u32>),
    /// What it does not have.
    Beyond,
}

impl FromRequest for Wanted {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let mut ranges = request.headers().get_all(header::RANGE);
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let range = match (ranges.next(), ranges.next()) {
            (Some(only), None) => text(only),
            _ => None,
        };
        ready(Ok(Self {
            known: IfNoneMatch::of(request),
            range,
            // A date, which this may be too, is no tag of ours: then all of it is answered.
            range_of: request
                .headers()
                .get(header::IF_RANGE)
                .map(|tag| text(tag).unwrap_or_default()),
            is_head: request.method() == Method::HEAD,
        }))
    }
}

impl Wanted {
    /// What is answered of this document.
    pub(crate) fn of(&self, document: &Document) -> Part {
        let tag = etag(document);
        let size = u32::try_from(document.size).unwrap_or(u32::MAX);
        if self.known.has(&tag) {
            return Part::Known;
        }
        if self.is_head {
            return Part::Head;
        }
        let is_of_this = self.range_of.as_ref().is_none_or(|of| *of == tag);
        let range = self.range.as_deref().filter(|_| is_of_this);
        match range.map_or(Asked::Whole, |range| asked(range, size)) {
            Asked::Whole => Part::Whole(0..size),
            Asked::Part(part) => Part::Some(part),
            Asked::Beyond => Part::Beyond,
        }
    }
}

impl Part {
    /// Which bytes have to be read for it.
    pub(crate) fn bytes(self) -> Option<Range<u32>> {
        match self {
            Self::Whole(range) | Self::Some(range) => Some(range),
            Self::Known | Self::Head | Self::Beyond => None,
        }
    }
}

/// The strong tag of a document: its bytes' digest.
fn etag(document: &Document) -> String {
    format!("\"{}\"", document.digest.to_hex())
}

/// The answer.
///
/// # Errors
/// 416 for bytes that the document does not have.
pub(crate) fn shown(
    document: &Document,
    part: Part,
    content: Option<Bytes>,
) -> Result<HttpResponse, Problem> {
    let (size, content) = (document.size, content.unwrap_or_default());
    Ok(match part {
        Part::Known => described(HttpResponse::NotModified(), document).finish(),
        // So much would come.
        Part::Head => described(HttpResponse::Ok(), document)
            .body(SizedStream::new(size, stream::empty::<Result<Bytes, actix_web::Error>>())),
        Part::Whole(_) => described(HttpResponse::Ok(), document).body(content),
        Part::Some(range) => {
            let last = range.end.saturating_sub(1);
            described(HttpResponse::PartialContent(), document)
                .insert_header((
                    header::CONTENT_RANGE,
                    format!("bytes {}-{last}/{size}", range.start),
                ))
                .body(content)
        }
        Part::Beyond => {
            let detail = format!("The document has {size} bytes: nothing of that range");
            let all = HeaderValue::try_from(format!("bytes */{size}"));
            return Err(Problem::new(Code::RangeNotSatisfiable, detail).with_header(
                header::CONTENT_RANGE,
                // Digits always make a header.
                all.unwrap_or(HeaderValue::from_static("bytes */0")),
            ));
        }
    })
}

fn described(mut response: HttpResponseBuilder, document: &Document) -> HttpResponseBuilder {
    response
        .insert_header((header::ETAG, etag(document)))
        // A part of a document is a part of these very bytes: nobody packs them on the way.
        .insert_header((header::CACHE_CONTROL, "private, no-cache, no-transform"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_TYPE, content_type(document.media_type)))
        .insert_header((header::CONTENT_DISPOSITION, attachment(&document.filename)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"));
    response
}

fn content_type(media_type: MediaType) -> String {
    let name = media_type.as_str();
    if name.starts_with("text/") { format!("{name}; charset=utf-8") } else { name.to_owned() }
}
