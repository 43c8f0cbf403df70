//! Requests that may fail, with ids by which their records are found again.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use registry_testkit::{Answer, Api};
use serde_json::Value;

/// How long a client waits for an answer: longer than every timeout of the product.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// `GET path`.
pub async fn get(api: &Api, path: &str, within: Duration) -> Result<Answer, String> {
    api.try_request(path, Request::new(Bytes::new()), within).await
}

/// `POST path` with a JSON body.
pub async fn post(api: &Api, path: &str, body: &Value) -> Result<Answer, String> {
    let mut request = Request::new(Bytes::from(body.to_string()));
    *request.method_mut() = Method::POST;
    let json = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    api.try_request(path, request, PATIENCE).await
}

/// The text that a tool answered; `None` for an error, of whatever kind.
pub fn said(answer: &Answer) -> Option<String> {
    if answer.status != 200 {
        return None;
    }
    let rpc = answer.rpc();
    if rpc.pointer("/result/isError").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let text = rpc.pointer("/result/content/0/text").and_then(Value::as_str);
    text.map(str::to_owned)
}
