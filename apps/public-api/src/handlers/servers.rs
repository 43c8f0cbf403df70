//! Servers: list, find, register, replace, delete; one, many, or a file of them.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use registry_domain::ports::{Include, ServerView};
use registry_domain::use_cases::Listed;
use registry_http_edge::{Problem, tagged};

use crate::settings::PublicApiSettings;
use crate::wire::server::ServerResponse;

pub(crate) mod delete;
pub(crate) mod find;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod register;
pub(crate) mod register_many;
pub(crate) mod relist;
pub(crate) mod replace;
pub(crate) mod replace_many;

/// Where servers are.
const PATH: &str = "/api/v1/servers";

/// A server that was just written, with how far reading what it offers has come, and with the tag
/// that a later `If-Match` may carry.
fn written(
    request: &HttpRequest,
    response: HttpResponseBuilder,
    listed: &Listed,
    settings: &PublicApiSettings,
) -> Result<HttpResponse, Problem> {
    let include = Include::default();
    let view = ServerView::of(&listed.server, include);
    let body = ServerResponse::of(&view, include, &settings.gateway_base_url)
        .with_discovery(listed.discovery);
    tagged(request, response, Some(view.revision), &body)
}
