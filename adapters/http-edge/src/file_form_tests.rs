//! Behaviours of forms, on bodies that arrive in pieces of any size, or not at all.

use actix_web::http::header::HeaderValue;
use futures_util::stream::{iter, pending, repeat_with};

use super::*;

const SOON: Duration = Duration::from_millis(20);
const RULES: Rules = Rules { max_file: 8, texts: &["title"] };
const END: &str = "--b--\r\n";

fn head(kind: &'static str) -> HeaderMap {
    [(header::CONTENT_TYPE, HeaderValue::from_static(kind))].into_iter().collect()
}

fn file(disposition: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
}

fn a_file(content: &str) -> String {
    file("name=\"file\"; filename=\"a.txt\"", content)
}

/// A body in pieces of this size.
fn pieces(body: &str, size: usize) -> Payload {
    let pieces: Vec<_> = body.as_bytes().chunks(size).map(Bytes::copy_from_slice).map(Ok).collect();
    streamed(iter(pieces))
}

fn streamed(parts: impl Stream<Item = Result<Bytes, PayloadError>> + 'static) -> Payload {
    Payload::Stream { payload: Box::pin(parts) }
}

async fn outcome(headers: HeaderMap, payload: Payload) -> Result<Form, (Code, String)> {
    read(&headers, payload, RULES, SOON)
        .await
        .map_err(|problem| (problem.code(), problem.to_string()))
}

async fn ask(body: &str, size: usize) -> Result<Form, (Code, String)> {
    outcome(head("multipart/form-data; boundary=b"), pieces(body, size)).await
}

async fn refusal(body: &str) -> Code {
    ask(body, 7).await.map(|form| format!("{form:?}")).unwrap_err().0
}

#[actix_web::test]
async fn a_form_is_read_however_it_arrives() {
    let title = file("name=\"title\"", "Ü");
    let body = format!("{}{title}{END}", a_file("\r\n--a\r\n"));
    for size in [1, 2, 3, 5, 7, 1000] {
        let mut form = ask(&body, size).await.unwrap();
        assert_eq!((form.filename.as_str(), form.content.as_ref()), ("a.txt", &b"\r\n--a\r\n"[..]));
        assert_eq!(form.text("title").as_deref(), Some("Ü"), "in pieces of {size}");
        assert_eq!(form.text("title"), None);
    }
}

#[actix_web::test]
async fn a_file_has_the_name_that_it_was_sent_with() {
    for (sent, is) in [
        ("filename=\"é.md\"", "é.md"),
        ("filename=\"a\\\"b.md\"", "a\"b.md"),
        ("filename=\"x.md\"; filename*=UTF-8''%C3%A9.md", "é.md"),
        ("filename=\"x.md\"; filename*=ISO-8859-1''%E9.md", "x.md"),
        ("filename=\"\"", ""),
    ] {
        let body = format!("{}{END}", file(&format!("name=\"file\"; {sent}"), "x"));
        assert_eq!(ask(&body, 1000).await.unwrap().filename, is, "{sent}");
    }
}

#[actix_web::test]
async fn a_form_that_breaks_a_rule_is_refused_by_name() {
    let named = async |body: String| ask(&(body + END), 7).await.map(|_| ()).unwrap_err();
    let (code, said) = named(file("name=\"title\"", "x")).await;
    assert_eq!((code, said.contains("file is required")), (Code::ValidationError, true), "{said}");
    for body in [
        a_file("one") + &a_file("two"),
        file("name=\"title\"", "x") + &file("name=\"title\"", "y") + &a_file("z"),
        file("name=\"file\"", "no name"),
        file("name=\"other\"", "x") + &a_file("z"),
        file("name=\"title\"", &"x".repeat(4097)),
        file(&format!("name=\"{}\"", "x".repeat(5000)), "x"),
    ] {
        let (code, said) = named(body.clone()).await;
        assert_eq!(code, Code::ValidationError, "{said}: {body}");
        assert!(said.len() < 200, "{said}");
    }
}

#[actix_web::test]
async fn a_file_that_is_too_long_is_cut_off_whatever_was_announced() {
    assert_eq!(ask(&(a_file("12345678") + END), 7).await.unwrap().content.len(), 8);
    assert_eq!(refusal(&(a_file("123456789") + END)).await, Code::PayloadTooLarge);
    // Not in one part, and without an end.
    let part = Bytes::from(a_file("1"));
    let endless = futures_util::stream::once(async move { Ok(part) })
        .chain(repeat_with(|| Ok(Bytes::from_static(b"--b\r\nX-Filler: 1\r\nX-More: 1\r\n"))));
    let told =
        outcome(head("multipart/form-data; boundary=b"), streamed(endless)).await.unwrap_err();
    assert!(matches!(told.0, Code::PayloadTooLarge | Code::BadRequest), "{told:?}");
    let filling = repeat_with(|| Ok(Bytes::from_static(b"no boundary comes\r\n")));
    let told =
        outcome(head("multipart/form-data; boundary=b"), streamed(filling)).await.unwrap_err();
    assert_eq!(told.0, Code::PayloadTooLarge);
    let mut announced = head("multipart/form-data; boundary=b");
    announced.insert(header::CONTENT_LENGTH, HeaderValue::from_static("99999999"));
    let told = outcome(announced, pieces(&(a_file("1") + END), 7)).await.unwrap_err();
    assert_eq!(told.0, Code::PayloadTooLarge);
}

#[actix_web::test]
async fn a_form_that_is_not_whole_is_a_bad_request() {
    for body in [
        String::new(),
        "nonsense".to_owned(),
        a_file("cut"),
        a_file("cut").replace("\r\n\r\ncut\r\n", ""),
        format!("--b\r\n\r\nno head\r\n{END}"),
        format!("--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n{END}"),
        format!(
            "--b\r\nContent-Length: 2\r\nContent-Disposition: form-data; name=\"file\"; \
                 filename=\"a.txt\"\r\n\r\nlonger\r\n{END}"
        ),
        "--b\r\nContent-Length: 7\r\nContent-Disposition: form-data; name=\"file\"; \
                 filename=\"a.txt\"\r\n\r\nx\r\n"
            .to_owned(),
    ] {
        assert_eq!(refusal(&body).await, Code::BadRequest, "{body:?}");
    }
    let begun = iter([Ok(Bytes::from(a_file("1")))]);
    let stalled = streamed(begun.chain(pending()));
    let told = outcome(head("multipart/form-data; boundary=b"), stalled).await.unwrap_err();
    assert_eq!(told.0, Code::BadRequest);
}

#[actix_web::test]
async fn only_a_form_is_read() {
    for kind in ["application/json", "multipart/mixed; boundary=b", "text/plain", ""] {
        let told = outcome(head(kind), pieces("", 1)).await.unwrap_err();
        assert_eq!(told.0, Code::UnsupportedMediaType, "{kind}");
    }
    let told = outcome(HeaderMap::new(), pieces("", 1)).await.unwrap_err();
    assert_eq!(told.0, Code::UnsupportedMediaType);
    let no_boundary = outcome(head("multipart/form-data"), pieces("", 1)).await.unwrap_err();
    assert_eq!(no_boundary.0, Code::BadRequest);
    let mut packed = head("multipart/form-data; boundary=b");
    packed.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(outcome(packed, pieces("", 1)).await.unwrap_err().0, Code::UnsupportedMediaType);
}
