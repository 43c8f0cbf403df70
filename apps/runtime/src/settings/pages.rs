//! Where the pages of the API's documentation are.

use super::Reader;

const OPENAPI: &[&str] = &["MREG_OPENAPI_URL", "OPENAPI_URL"];
const DOCS: &[&str] = &["MREG_DOCS_URL", "DOCS_URL"];
const REDOC: &[&str] = &["MREG_REDOC_URL", "REDOC_URL"];

/// The first steps of addresses that the API has itself.
const TAKEN: [&str; 15] = [
    "api",
    "audit-logs",
    "dev",
    "events",
    "health",
    "livez",
    "mcp",
    "metrics",
    "oauth",
    "ready",
    "registrations",
    "servers",
    "socket.io",
    "users",
    "ws",
];

/// Where the pages are; `None`: nowhere.
#[derive(Debug, Clone)]
pub struct PageSettings {
    /// The OpenAPI document.
    pub openapi: Option<String>,
    /// Swagger UI.
    pub docs: Option<String>,
    /// The page to read.
    pub redoc: Option<String>,
}

impl PageSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut read = |names, default| {
            let rule =
                "a path such as /docs that no other address of the API begins with, or empty";
            reader.or_off(names, default, rule, path)
        };
        let openapi = read(OPENAPI, "/openapi.json");
        let docs = read(DOCS, "/docs");
        let redoc = read(REDOC, "/redoc");
        let pages = [(OPENAPI, &openapi), (DOCS, &docs), (REDOC, &redoc)];
        for (position, (names, page)) in pages.iter().enumerate() {
            let earlier = pages.iter().take(position);
            let is_twice =
                |(_, other): &(_, &Option<String>)| overlap(other.as_deref(), page.as_deref());
            if earlier.into_iter().any(is_twice) {
                let name = reader.set_by(names).unwrap_or_default();
                reader.problem(&name, "is the address of another page, or below one");
            }
        }
        Self { openapi, docs, redoc }
    }
}

/// A path of plain words whose first is no address of the API's.
fn path(text: &str) -> Option<String> {
    let rest = text.strip_prefix('/')?;
    let plain = |step: &str| {
        !step.is_empty()
            && step != "."
            && step != ".."
            && step.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    let first = rest.split('/').next().unwrap_or_default();
    let good = text.len() <= 200 && rest.split('/').all(plain) && !TAKEN.contains(&first);
    good.then(|| text.to_owned())
}

/// Whether two pages are at one address, or one is where the other's files are.
fn overlap(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let below = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    below(one, other) || below(other, one)
}
