//! Which browsers may call, and what they may read of an answer.

use actix_cors::Cors;
use actix_web::http::Method;

use crate::settings::CorsSettings;

/// Headers that a page may read beyond the few that every page may.
const EXPOSED: [&str; 7] = [
    "x-request-id",
    "retry-after",
    "www-authenticate",
    "x-total-count",
    "etag",
    "link",
    "mcp-session-id",
];

/// The CORS layer. It stands outside the routes, so that a browser can read errors too.
pub(crate) fn layer(settings: &CorsSettings) -> Cors {
    let methods =
        settings.methods.iter().filter_map(|name| Method::from_bytes(name.as_bytes()).ok());
    let mut cors =
        Cors::default().allowed_methods(methods).allow_any_header().expose_headers(EXPOSED);
    // A preflight's answer may be kept for ten minutes; an origin that leaves the list is refused
    // on the request itself all the same.
    cors = cors.max_age(600);
    if settings.origins.iter().any(|origin| origin == "*") {
        // With credentials a wildcard would let any page act as its visitor.
        return cors.allow_any_origin().send_wildcard();
    }
    for origin in &settings.origins {
        cors = cors.allowed_origin(origin);
    }
    if settings.credentials { cors.supports_credentials() } else { cors }
}
