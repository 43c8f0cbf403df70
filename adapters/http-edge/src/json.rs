//! Strict JSON bodies: bounded in size and time, of the right type, and read field by field.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, dev, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use registry_domain::field::Violation;
use serde_json::Value;

use crate::code::Code;
use crate::edge::Edge;
use crate::fields::Fields;
use crate::problem::{Place, Problem};

/// What can be read out of a JSON object.
pub trait ReadBody: Sized {
    /// Whether an empty body is as good as `{}`.
    const MAY_BE_EMPTY: bool = false;

    /// Reads the members. What is returned is dropped if a violation was noted.
    fn read(fields: &mut Fields) -> Self;
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: ReadBody + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let bounds = bounds(request);
        let checked = check_head(request.headers(), bounds.0);
        let payload = payload.take();
        Box::pin(async move {
            checked?;
            let bytes = collect(payload, bounds).await?;
            read_object(&bytes).map(Self)
        })
    }
}

fn bounds(request: &HttpRequest) -> (usize, Duration) {
    let settings = request.app_data::<web::Data<Edge>>().map(|edge| &edge.settings);
    settings
        .map_or((0, Duration::ZERO), |settings| (settings.max_body_bytes, settings.body_timeout))
}

fn check_head(headers: &HeaderMap, max_bytes: usize) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(media) = text(header::CONTENT_TYPE) {
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let json = media == "application/json"
            || (media.starts_with("application/") && media.ends_with("+json"));
        if !json {
            return Err(unsupported("The body has to be application/json"));
        }
    }
    if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(unsupported("Compressed bodies are not read here"));
    }
    let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    match announced {
        Some(length) if length > max_bytes => Err(too_large(max_bytes)),
        _ => Ok(()),
    }
}

/// Reads the body in memory; what is longer than it said is cut off as well.
async fn collect(
    mut payload: dev::Payload,
    (max_bytes, within): (usize, Duration),
) -> Result<Bytes, Problem> {
    let read = async {
        let mut body = BytesMut::new();
        while let Some(part) = payload.next().await {
            let part = part.map_err(|_| Problem::new(Code::BadRequest, "The body broke off"))?;
            if body.len().saturating_add(part.len()) > max_bytes {
                return Err(too_large(max_bytes));
            }
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    };
    timeout(within, read)
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::BadRequest, "The body did not arrive in time")))
}

fn read_object<T: ReadBody>(bytes: &[u8]) -> Result<T, Problem> {
    let value = if bytes.is_empty() && T::MAY_BE_EMPTY {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(bytes).map_err(|error| malformed(&error))?
    };
    let Value::Object(members) = value else {
        let violation = Violation {
            path: Vec::new(),
            rule: "object_type",
            message: "must be a JSON object".to_owned(),
        };
        return Err(Problem::new(Code::ValidationError, "The body must be a JSON object")
            .naming(Place::Body, vec![violation]));
    };
    let mut fields = Fields::of(members);
    let read = T::read(&mut fields);
    let wrong = fields.into_violations();
    if wrong.is_empty() { Ok(read) } else { Err(Problem::invalid(Place::Body, wrong)) }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let message = format!("is not JSON: {error}");
    let violation = Violation { path: Vec::new(), rule: "json_invalid", message: message.clone() };
    Problem::new(Code::MalformedJson, format!("The body {message}"))
        .naming(Place::Body, vec![violation])
}

fn unsupported(detail: &'static str) -> Problem {
    Problem::new(Code::UnsupportedMediaType, detail)
}

fn too_large(max_bytes: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("The body may have at most {max_bytes} bytes"))
}
