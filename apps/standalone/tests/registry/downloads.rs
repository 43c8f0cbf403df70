//! Downloads: the bytes that came, whole or in part, and never as a page.

use http::Method;
use registry_testkit::Api;

use crate::form::{get, uploaded};
use crate::support::{Registry, assert_problem, request, submit_dead, text};

/// A registry, and a document of these bytes.
async fn with(filename: &str, content: &[u8]) -> (Registry, String, serde_json::Value) {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "downloads").await;
    let (own, document) = uploaded(&registry.user, &path, filename, content).await;
    (registry, own, document)
}

async fn head(api: &Api, path: &str, headers: &[(&str, &str)]) -> registry_testkit::Answer {
    api.request(path, request(Method::HEAD, headers, "")).await
}

#[tokio::test]
async fn the_largest_document_comes_back_byte_by_byte() {
    let numbers = (0_u32..).flat_map(u32::to_le_bytes);
    let size = 10 * 1024 * 1024;
    let content: Vec<u8> = b"%PDF-".iter().copied().chain(numbers).take(size).collect();
    let (registry, own, document) = with("large.pdf", &content).await;
    assert_eq!(document["size_bytes"], size);
    let answer = registry.user.get(&own).await.expect(200);
    assert_eq!(answer.header("content-length"), size.to_string());
    assert!(answer.body == content, "it is the same");
    let tail = get(&registry.user, &own, &[("range", "bytes=-5")]).await.expect(206);
    assert_eq!(tail.body, content[size - 5..]);
}

#[tokio::test]
async fn a_document_is_given_as_a_file_to_keep_and_never_as_a_page() {
    let page = b"<!doctype html><script>alert(document.domain)</script>";
    let (registry, own, document) = with("page.html", page).await;
    assert_eq!(document["content_type"], "text/html");
    let answers = [
        registry.user.get(&own).await.expect(200),
        get(&registry.user, &own, &[("range", "bytes=0-3")]).await.expect(206),
        head(&registry.user, &own, &[]).await.expect(200),
    ];
    for answer in &answers {
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
        let disposition = "attachment; filename=\"page.html\"; filename*=UTF-8''page.html";
        assert_eq!(answer.header("content-disposition"), disposition);
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.headers.get_all("x-content-type-options").iter().count(), 1);
    }
    assert_eq!(answers[0].body, &page[..]);
    assert!(answers[2].body.is_empty());
    assert_eq!(answers[2].header("content-length"), page.len().to_string());
    // Its name and its title are data too: they come back in JSON only.
    let listed = registry.user.get(own.rsplit_once('/').unwrap().0).await.expect(200);
    assert_eq!(listed.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_range_is_answered_with_just_those_bytes() {
    let (registry, own, _) = with("a.txt", b"0123456789").await;
    for (range, body, shown) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=9-9", "9", "bytes 9-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
        ("bytes=-99", "0123456789", "bytes 0-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ] {
        let answer = get(&registry.user, &own, &[("range", range)]).await.expect(206);
        assert_eq!((answer.text().as_str(), answer.header("content-range")), (body, shown));
        assert_eq!(answer.header("content-length"), body.len().to_string(), "{range}");
    }
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
        let answer = get(&registry.user, &own, &[("range", range)]).await;
        assert_problem(&answer, 416, "RANGE_NOT_SATISFIABLE");
        assert_eq!(answer.header("content-range"), "bytes */10", "{range}");
    }
    for range in ["bytes=4-2", "bytes=0-1,3-4", "lines=0-1", "nonsense", "bytes=a-b"] {
        let answer = get(&registry.user, &own, &[("range", range)]).await.expect(200);
        assert_eq!(answer.text(), "0123456789", "{range}");
    }
}

#[tokio::test]
async fn who_has_a_document_is_told_so_and_a_part_of_another_is_not_mixed_in() {
    let (registry, own, document) = with("a.txt", b"0123456789").await;
    let user = &registry.user;
    let tag = user.get(&own).await.expect(200).header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", text(&document, "sha256")));
    for known in [&tag, "*", &format!("\"other\", W/{tag}")] {
        let answer = get(user, &own, &[("if-none-match", known)]).await.expect(304);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("etag"), tag);
    }
    let both = [("if-none-match", tag.as_str()), ("range", "bytes=0-1")];
    get(user, &own, &both).await.expect(304);
    get(user, &own, &[("if-none-match", "\"other\"")]).await.expect(200);
    let same = [("if-range", tag.as_str()), ("range", "bytes=0-1")];
    assert_eq!(get(user, &own, &same).await.expect(206).text(), "01");
    for other in ["\"other\"", &format!("W/{tag}"), "Sat, 21 Nov 2026 10:00:00 GMT"] {
        let other = [("if-range", other), ("range", "bytes=0-1")];
        assert_eq!(get(user, &own, &other).await.expect(200).text(), "0123456789");
    }
    let ranged = head(user, &own, &[("range", "bytes=0-1")]).await.expect(200);
    assert_eq!((ranged.header("content-length"), ranged.header("etag")), ("10", tag.as_str()));
}

#[tokio::test]
async fn a_name_comes_back_as_it_was_whatever_is_in_it() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "names").await;
    for (sent, kept, encoded) in [
        (
            "指南 – Führung.md",
            "指南 – Führung.md",
            "%E6%8C%87%E5%8D%97%20%E2%80%93%20F%C3%BChrung.md",
        ),
        ("../../etc/passwd.txt", "passwd.txt", "passwd.txt"),
        (r"C:\\Users\\ada\\notes.txt", "notes.txt", "notes.txt"),
        (r#"a\"; filename=b.exe.md"#, "a\"; filename=b.exe.md", "a%22%3B%20filename%3Db.exe.md"),
        (
            "<img src=x onerror=alert(1)>.md",
            "<img src=x onerror=alert(1)>.md",
            "%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E.md",
        ),
        ("100%41.md", "100%41.md", "100%2541.md"),
    ] {
        let (own, document) = uploaded(&registry.user, &path, sent, b"text").await;
        assert_eq!(document["filename"], kept);
        let answer = registry.user.get(&own).await.expect(200);
        let disposition = answer.header("content-disposition");
        let (plain, extended) = disposition.split_once("; filename*=UTF-8''").unwrap();
        assert_eq!(extended, encoded);
        let plain = plain.strip_prefix("attachment; filename=\"").unwrap();
        let plain = plain.strip_suffix('"').unwrap();
        assert!(plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{plain}");
    }
}
