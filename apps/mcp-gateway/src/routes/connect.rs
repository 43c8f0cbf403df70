//! The pages where people let the gateway use servers in their name, and the document by which
//! authorization servers know it. They are for browsers, so that the OpenAPI document has none.

use actix_web::web;
use registry_http_edge::at;

use crate::handlers::connect::{callback, disconnect, document, page};
use crate::handlers::oauth::style;

/// Adds the pages. The way back comes first: no alias is taken for it.
pub(super) fn pages(config: &mut web::ServiceConfig) {
    config
        .service(at("/connect/callback").get(callback::finish))
        .service(at("/connect/{server}").get(page::show).post(page::decide).delete(disconnect::end))
        .service(at("/oauth/client-metadata.json").get(document::show))
        .service(at("/oauth/style.css").get(style::style));
}
