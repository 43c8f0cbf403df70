//! The documentation's pages: where they are, and that they need nobody else.

use public_api::PublicApi;
use public_api::pages::PageSettings;
use registry_runtime::settings::{Environment, Settings};

use crate::openapi::routed_paths;
use crate::support::{Answer, Client, api};

const FILES: [&str; 6] = [
    "/docs",
    "/docs/swagger-ui.css",
    "/docs/swagger-ui-bundle.js",
    "/docs/start.js",
    "/redoc",
    "/redoc/style.css",
];

fn api_with(pages: PageSettings) -> PublicApi {
    let mut api = api();
    api.settings.pages = pages;
    api
}

fn page(client: &Client, path: &str) -> Answer {
    let answer = client.ask("GET", path, None);
    assert_eq!(answer.status, 200, "{path}");
    answer
}

#[test]
fn the_pages_are_there_for_anyone_and_may_load_from_here_alone() {
    let client = Client::start(api());
    for path in ["/docs", "/docs/", "/redoc", "/redoc/"] {
        let answer = page(&client, path);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{path}");
        let policy = &answer.headers["content-security-policy"];
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    }
    let document = page(&client, "/openapi.json");
    assert_eq!(document.headers["content-type"], "application/json");
    assert_eq!(document.json()["openapi"], "3.1.0");
    assert_eq!(client.ask("GET", "/docs/index.html", None).status, 404);
    assert_eq!(client.ask("GET", "/docs/..%2fmain.rs", None).status, 404);
}

#[test]
fn no_page_has_a_script_or_a_style_in_it() {
    let client = Client::start(api());
    for path in ["/docs", "/redoc"] {
        let html = page(&client, path).text;
        for inline in ["<style", "style=\"", " onload=", " onclick=", "javascript:"] {
            assert!(!html.contains(inline), "{path} has {inline}");
        }
        for script in html.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/docs/"), "{path}: <script{script:.60}");
            let (_, rest) = script.split_once('>').unwrap();
            assert!(rest.starts_with("</script>"), "{path}: a script has a text");
        }
    }
    assert!(!page(&client, "/redoc").text.contains("<script"), "it is read without JavaScript");
}

/// What follows each `marker`, up to 200 characters.
fn after<'a>(text: &'a str, marker: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(marker).map(move |(at, _)| {
        let rest = &text[at + marker.len()..];
        let end = rest.char_indices().nth(200).map_or(rest.len(), |(end, _)| end);
        &rest[..end]
    })
}

#[test]
fn no_page_and_no_file_of_a_page_loads_from_another_host() {
    let client = Client::start(api());
    for path in FILES {
        let text = page(&client, path).text;
        for (marker, is_html_only) in [
            ("src=\"", true),
            ("href=\"", true),
            ("url(", false),
            ("@import", false),
            ("fetch(", false),
            ("importScripts(", false),
            ("new EventSource(", false),
            ("new WebSocket(", false),
            ("import(", false),
        ] {
            if is_html_only && !matches!(path, "/docs" | "/redoc") {
                continue;
            }
            for target in after(&text, marker) {
                let target = target.trim_start_matches(['"', '\'', '`', ' ']);
                let is_foreign = ["http:", "https:", "//", "ws:", "wss:"]
                    .iter()
                    .any(|start| target.starts_with(start));
                assert!(!is_foreign, "{path} loads {marker}{target:.80}");
            }
        }
    }
    // What the crate would do by itself: its validator is somebody else's service.
    assert!(page(&client, "/docs/start.js").text.contains("validatorUrl: null"));
}

#[test]
fn pages_move_and_vanish_as_the_operator_says() {
    let moved = PageSettings {
        openapi: Some("/spec/api.json".into()),
        docs: Some("/try".into()),
        redoc: None,
    };
    let client = Client::start(api_with(moved));
    assert!(page(&client, "/try").text.contains("data-document=\"/spec/api.json\""));
    assert!(page(&client, "/try").text.contains("src=\"/try/start.js\""));
    page(&client, "/try/swagger-ui.css");
    page(&client, "/spec/api.json");
    for path in ["/openapi.json", "/docs", "/docs/start.js", "/redoc", "/redoc/style.css"] {
        assert_eq!(client.ask("GET", path, None).status, 404, "{path}");
    }
    let root = page(&client, "/").json();
    assert_eq!((&root["docs"], &root["redoc"]), (&"/try".into(), &serde_json::Value::Null));
    assert_eq!(root["openapi"], "/spec/api.json");
}

#[test]
fn without_the_document_there_is_nothing_to_try_but_a_page_to_read() {
    let without = PageSettings { openapi: None, ..PageSettings::for_testing() };
    let client = Client::start(api_with(without));
    assert_eq!(client.ask("GET", "/docs", None).status, 404);
    assert!(page(&client, "/redoc").text.contains("submit_registration"));
    assert_eq!(page(&client, "/").json()["docs"], serde_json::Value::Null);
}

#[test]
fn the_issuer_for_development_is_documented_only_where_it_is() {
    let client = Client::start(api());
    let document = page(&client, "/openapi.json").json();
    assert!(document["paths"]["/registrations"].is_object());
    assert!(document["paths"].get("/dev/token").is_none());
    assert!(!document["tags"].to_string().contains("development"));
}

#[test]
fn no_page_can_be_put_where_the_api_has_something() {
    for path in routed_paths() {
        let first = path.split('/').nth(1).unwrap();
        let page = format!("/{first}/pages");
        let environment = Environment::of_pairs(&[("MREG_DOCS_URL", &page)]);
        let problems = Settings::from_env(&environment).problems;
        assert_eq!(problems.len(), 1, "{page} would hide {path}; add it to settings/pages.rs");
        assert_eq!(problems[0].name, "MREG_DOCS_URL");
    }
}
