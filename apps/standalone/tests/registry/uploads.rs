//! Uploads that are refused: nothing of them is kept.

use bytes::Bytes;
use http::Method;
use registry_testkit::{Answer, raw, token};
use serde_json::json;

use crate::form::{BOUNDARY, documents, form, post, upload};
use crate::support::{Registry, assert_breaks, assert_problem, request, submit_dead};

const FILE: &str = "name=\"file\"; filename=\"a.txt\"";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

async fn scene() -> (Registry, String) {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "uploads").await;
    (registry, path)
}

async fn assert_nothing_is_kept(registry: &Registry, path: &str) {
    assert_eq!(registry.user.get(&documents(path)).await.expect(200).json()["total"], 0);
    let trail = registry.admin.get("/audit-logs?action=Updated").await.expect(200);
    assert_eq!(trail.json()["total"], 0);
}

#[tokio::test]
async fn one_byte_too_many_is_too_large() {
    let (registry, path) = scene().await;
    let content = vec![b'a'; 10 * 1024 * 1024 + 1];
    let answer = upload(&registry.user, &path, "a.txt", &content).await;
    assert_problem(&answer, 413, "PAYLOAD_TOO_LARGE");
    // Nor is it let in where all the form is much too long.
    let answer = upload(&registry.user, &path, "a.txt", &content.repeat(2)).await;
    assert_problem(&answer, 413, "PAYLOAD_TOO_LARGE");
    assert_nothing_is_kept(&registry, &path).await;
    upload(&registry.user, &path, "a.txt", &content[1..]).await.expect(201);
}

#[tokio::test]
async fn the_content_says_what_a_file_is_and_not_its_name() {
    let (registry, path) = scene().await;
    for (name, content) in [
        ("a.png", &b"<html><script>alert(1)</script></html>"[..]),
        ("a.html", PNG),
        ("a.pdf", PNG),
        ("a.md", b"caf\xe9"),
        ("a.txt", b"a\0b"),
        ("a.txt", b"MZ\x90\0\x03\0"),
        ("a.json", b"{"),
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.js", b"alert(1)"),
        ("a.png.exe", PNG),
        ("a.gif", b"GIF89a"),
    ] {
        let answer = upload(&registry.user, &path, name, content).await;
        assert_problem(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_nothing_is_kept(&registry, &path).await;
    for (name, content, kind) in [
        ("a.md", &b"# a"[..], "text/markdown"),
        ("a.TXT", b"a", "text/plain"),
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
        ("a.json", b"[1]", "application/json"),
        ("a.yml", b"a: 1", "application/yaml"),
        ("a.html", b"<p>", "text/html"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("LICENSE", b"free", "text/plain"),
    ] {
        let document = upload(&registry.user, &path, name, content).await.expect(201).json();
        assert_eq!(document["content_type"], kind, "{name}");
    }
}

#[tokio::test]
async fn a_form_says_what_is_wrong_with_it() {
    let (registry, path) = scene().await;
    let ask = async |parts: &[(&str, &[u8])]| -> Answer {
        post(&registry.user, &documents(&path), form(parts)).await
    };
    assert_breaks(&ask(&[]).await, "body.file", "missing");
    assert_breaks(&ask(&[("name=\"title\"", b"x")]).await, "body.file", "missing");
    assert_breaks(&ask(&[(FILE, b"")]).await, "body.file", "file_empty");
    assert_breaks(&ask(&[(FILE, b"a"), (FILE, b"b")]).await, "body.file", "duplicate");
    assert_breaks(&ask(&[("name=\"file\"", b"a")]).await, "body.file", "file_expected");
    let nameless = "name=\"file\"; filename=\"\"";
    assert_breaks(&ask(&[(nameless, b"a")]).await, "body.file", "filename_missing");
    let hidden = "name=\"file\"; filename=\"\u{202e}gpj.md\"";
    assert_breaks(&ask(&[(hidden, b"a")]).await, "body.file", "string_not_printable");
    let long = format!("name=\"file\"; filename=\"{}.md\"", "x".repeat(253));
    assert_breaks(&ask(&[(&long, b"a")]).await, "body.file", "string_too_long");
    let wrong = ask(&[(FILE, b"a"), ("name=\"titel\"", b"x")]).await;
    assert_breaks(&wrong, "body.titel", "extra_forbidden");
    let wrong = ask(&[(FILE, b"a"), ("name=\"title\"", &[b'x'; 201])]).await;
    assert_breaks(&wrong, "body.title", "string_too_long");
    let wrong = ask(&[(FILE, b"a"), ("name=\"title\"", b"caf\xe9")]).await;
    assert_breaks(&wrong, "body.title", "string_unicode");
    let wrong = ask(&[(FILE, b"a"), ("name=\"tool_name\"", b"a\x07")]).await;
    assert_breaks(&wrong, "body.tool_name", "string_not_printable");
    assert_nothing_is_kept(&registry, &path).await;
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let (registry, path) = scene().await;
    let ask = async |kind: &str, body: Bytes| -> Answer {
        let request = request(Method::POST, &[("content-type", kind)], body);
        registry.user.request(&documents(&path), request).await
    };
    let whole = form(&[(FILE, b"a")]);
    for kind in ["application/json", "text/plain", "multipart/mixed; boundary=x", "nonsense"] {
        assert_problem(&ask(kind, whole.clone()).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let good = format!("multipart/form-data; boundary={BOUNDARY}");
    for (kind, body) in [
        ("multipart/form-data", whole.clone()),
        ("multipart/form-data; boundary=another", whole.clone()),
        (&good, Bytes::new()),
        (&good, whole.slice(..whole.len() - 30)),
        (&good, Bytes::from_static(b"nonsense")),
    ] {
        assert_problem(&ask(kind, body).await, 400, "BAD_REQUEST");
    }
    assert_nothing_is_kept(&registry, &path).await;
}

#[tokio::test]
async fn a_body_that_lies_about_its_length_or_has_no_end_is_cut_off() {
    let (registry, path) = scene().await;
    let ada = token(&registry.program, json!({ "subject": "ada" })).await;
    let head = format!(
        "POST {path}/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
    );
    let whole = form(&[(FILE, b"content")]);
    let base = registry.program.service_url();
    // Shorter than it is: the form is not whole then.
    let mut short = format!("{head}Content-Length: {}\r\n\r\n", whole.len() - 30).into_bytes();
    short.extend(&whole[..whole.len() - 30]);
    let told = raw(&base, &short).await;
    assert!(told.starts_with("HTTP/1.1 400 "), "{told}");
    // Announced to be longer than may be: it is not waited for.
    let long = format!("{head}Content-Length: 99999999999\r\n\r\n");
    let told = raw(&base, long.as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    // Without a length, and without an end.
    let mut endless = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    let begin = &whole[..whole.len() - BOUNDARY.len() - 8];
    endless.extend(format!("{:x}\r\n", begin.len()).bytes());
    endless.extend(begin);
    endless.extend(b"\r\n");
    let chunk = [&b"100000\r\n"[..], &vec![b'a'; 0x10_0000], b"\r\n"].concat();
    endless.extend(chunk.repeat(12));
    let told = raw(&base, &endless).await;
    // The answer may be lost with the connection, as it is closed while more comes in.
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 413 "), "{told}");
    assert_nothing_is_kept(&registry, &path).await;
}
