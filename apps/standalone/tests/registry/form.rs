//! Forms with files, as browsers send them.

use bytes::Bytes;
use http::Method;
use registry_testkit::{Answer, Api};
use serde_json::Value;

use crate::support::{request, text};

pub const BOUNDARY: &str = "----a-boundary-that-no-file-has";

/// The documents of a registration with this path.
pub fn documents(path: &str) -> String {
    format!("{path}/documents")
}

/// A form of parts: what stands behind `form-data; ` in each head, and its bytes.
pub fn form(parts: &[(&str, &[u8])]) -> Bytes {
    let mut form = Vec::new();
    for (disposition, content) in parts {
        form.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n").bytes(),
        );
        form.extend(b"Content-Type: application/octet-stream\r\n\r\n");
        form.extend(*content);
        form.extend(b"\r\n");
    }
    form.extend(format!("--{BOUNDARY}--\r\n").bytes());
    form.into()
}

/// Posts a form.
pub async fn post(api: &Api, path: &str, form: Bytes) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    api.request(path, request(Method::POST, &[("content-type", &kind)], form)).await
}

/// Uploads a file.
pub async fn upload(api: &Api, path: &str, filename: &str, content: &[u8]) -> Answer {
    let file = format!("name=\"file\"; filename=\"{filename}\"");
    post(api, &documents(path), form(&[(&file, content)])).await
}

/// Uploads a file and gives the document's path with the document.
pub async fn uploaded(api: &Api, path: &str, filename: &str, content: &[u8]) -> (String, Value) {
    let document = upload(api, path, filename, content).await.expect(201).json();
    (format!("{}/{}", documents(path), text(&document, "document_id")), document)
}

/// Asks with headers.
pub async fn get(api: &Api, path: &str, headers: &[(&str, &str)]) -> Answer {
    api.request(path, request(Method::GET, headers, "")).await
}
