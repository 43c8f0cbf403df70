//! An app of two handlers behind the edge, and ports that stand still.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::{HttpResponse, web};
use async_trait::async_trait;

use jiff::Timestamp;
use registry_domain::Error;
use registry_domain::ports::{
    Admission, Clock, Ids, LimitKey, PortError, RateLimiter, RefusalClass, TokenVerifier,
    Verification,
};
use registry_http_edge::fields::Fields;
use registry_http_edge::{Body, Edge, EdgeSettings, Problem, ReadBody, at, reading_app};
use serde_json::{Value, json};
use uuid::Uuid;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Ids for Still {
    fn next(&self) -> Uuid {
        Uuid::from_u128(42)
    }
}

#[async_trait]
impl TokenVerifier for Still {
    async fn verify(&self, _token: &str) -> Verification {
        Verification::Refused(RefusalClass::Malformed)
    }
}

#[async_trait]
impl RateLimiter for Still {
    async fn admit(&self, _keys: &[LimitKey]) -> Admission {
        Admission::Admitted { remaining: 1, limit: None }
    }
}

struct Note {
    name: String,
    tags: Vec<String>,
}

impl ReadBody for Note {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            name: fields.string("name"),
            tags: fields.optional_strings("tags").unwrap_or_default(),
        })
    }
}

async fn write_note(Body(note): Body<Note>) -> HttpResponse {
    HttpResponse::Created().json(json!({"name": note.name, "tags": note.tags.len()}))
}

async fn break_down() -> Result<HttpResponse, Problem> {
    Err(Error::Internal(PortError::Corrupt { what: "secrets".into(), source: "x".into() }).into())
}

/// An answer.
pub struct Seen {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Seen {
    /// A header, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

pub async fn send(settings: EdgeSettings, request: TestRequest, payload: Option<Payload>) -> Seen {
    let still = Arc::new(Still);
    let edge = Edge {
        settings,
        verifier: still.clone(),
        sessions: None,
        administrators: None,
        limiter: still.clone(),
        clock: still.clone(),
        ids: still,
    };
    let routes = |config: &mut web::ServiceConfig| {
        config.service(at("/notes").post(write_note)).service(at("/broken").get(break_down));
    };
    let service = init_service(reading_app(web::Data::new(edge)).configure(routes)).await;
    let mut request = request.to_request();
    if let Some(payload) = payload {
        request = request.replace_payload(payload).0;
    }
    let response: ServiceResponse<BoxBody> = service.call(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().try_into_bytes().unwrap_or_default();
    Seen { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

pub async fn ask_with(settings: EdgeSettings, request: TestRequest) -> Seen {
    send(settings, request, None).await
}

pub async fn ask(request: TestRequest) -> Seen {
    ask_with(EdgeSettings::for_testing(), request).await
}

/// A request to write a note.
pub fn note(body: impl Into<web::Bytes>) -> TestRequest {
    TestRequest::post().uri("/notes").set_payload(body)
}
