//! A small HTTP client over real sockets, keep-alive, that never follows, retries or guesses.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use crate::{DEADLINE, EventStream, Program};

/// One base URL, one set of headers, one connection pool (clones share the pool).
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    headers: HeaderMap,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Api {
    /// A client of `base`, without a token.
    pub fn new(base: impl Into<String>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client =
            Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector);
        Self { base: base.into(), headers: HeaderMap::new(), client }
    }

    /// A client of the program's REST API.
    pub fn service(program: &Program) -> Self {
        Self::new(program.service_url())
    }

    /// A client of the program's MCP gateway.
    pub fn gateway(program: &Program) -> Self {
        Self::new(program.gateway_url())
    }

    /// The same client with this bearer token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// The same client with one more header on every request (the same name: replaced).
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// The base that paths are put behind.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// `PATCH path` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Any method, with a JSON body or none.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::new(body.map(ToString::to_string).unwrap_or_default().into());
        *request.method_mut() = method;
        if body.is_some() {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        self.request(path, request).await
    }

    /// `POST path` with a form (`application/x-www-form-urlencoded`).
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::POST;
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        self.request(path, request).await
    }

    /// Any request; its URI is `path` behind the base, its own headers win over the client's.
    pub async fn request(&self, path: &str, request: Request<Bytes>) -> Answer {
        self.try_request(path, request, DEADLINE).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Api::request`] for loads under which connections may break: what went wrong, in words.
    ///
    /// # Errors
    /// There was no whole answer within this time.
    pub async fn try_request(
        &self,
        path: &str,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<Answer, String> {
        let whole = async {
            let (head, body) = self.try_exchange(path, request).await?.into_parts();
            let body = body.collect().await;
            let body = body.map_err(|error| format!("{path}: the body broke off: {error}"))?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        let whole = tokio::time::timeout(within, whole).await;
        whole.unwrap_or_else(|_| Err(format!("{}{path}: no whole answer in {within:?}", self.base)))
    }

    /// Any request, answered head first; the body is then read event by event, or dropped to
    /// disconnect.
    pub async fn open(&self, path: &str, request: Request<Bytes>) -> EventStream {
        EventStream::new(self.exchange(path, request).await)
    }

    /// [`Api::open`] for loads under which connections may break: what went wrong, in words.
    ///
    /// # Errors
    /// There was no head of an answer before [`DEADLINE`].
    pub async fn try_open(
        &self,
        path: &str,
        request: Request<Bytes>,
    ) -> Result<EventStream, String> {
        let head = tokio::time::timeout(DEADLINE, self.try_exchange(path, request)).await;
        let head = head.unwrap_or_else(|_| Err(format!("{path}: no answer in {DEADLINE:?}")));
        head.map(EventStream::new)
    }

    async fn exchange(&self, path: &str, request: Request<Bytes>) -> http::Response<Incoming> {
        let answer = tokio::time::timeout(DEADLINE, self.try_exchange(path, request)).await;
        answer
            .unwrap_or_else(|_| panic!("{}{path}: no answer in {DEADLINE:?}", self.base))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    async fn try_exchange(
        &self,
        path: &str,
        request: Request<Bytes>,
    ) -> Result<http::Response<Incoming>, String> {
        let (mut head, body) = request.into_parts();
        head.uri = format!("{}{path}", self.base).parse().expect("a URI");
        for (name, value) in &self.headers {
            if !head.headers.contains_key(name) {
                head.headers.insert(name, value.clone());
            }
        }
        let method = head.method.clone();
        let answer = self.client.request(Request::from_parts(head, Full::new(body))).await;
        answer.map_err(|error| format!("{method} {}{path}: {error:?}", self.base))
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body's bytes as they came.
    pub body: Bytes,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics with the text when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} {error}: {}", self.status, self.text()))
    }

    /// A header's text, or "" when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// This answer, after checking its status; panics with the text when it differs.
    #[expect(clippy::return_self_not_must_use, reason = "often the check is all that is wanted")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

/// A token from the program's development issuer: `{"subject", "email", "name", "roles", "tenant",
/// "groups", "expires_in"}`, all optional.
pub async fn token(program: &Program, claims: Value) -> String {
    let answer = Api::service(program).post("/dev/token", &claims).await.expect(200).json();
    let token = answer.get("access_token").and_then(Value::as_str);
    token.unwrap_or_else(|| panic!("no access_token in {answer}")).to_owned()
}
