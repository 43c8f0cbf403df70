//! What clients read first. Some read it at the address that RFC 8414 makes of an issuer, some at
//! OpenID Connect's, and some with a path of ours in it: all of these say the same.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_http_edge::{Problem, not_found};
use registry_oauth_server::protected_resource;
use serde_json::Value;

use super::open;
use crate::GatewaySettings;

/// Where a protected resource's metadata is: the resource's path comes after it.
pub(crate) const RESOURCES: &str = "/.well-known/oauth-protected-resource";

/// `GET /.well-known/oauth-protected-resource[/path]` (RFC 9728 §3).
pub(crate) async fn resource(
    request: HttpRequest,
    settings: web::Data<GatewaySettings>,
) -> Result<HttpResponse, Problem> {
    let path = request.path().strip_prefix(RESOURCES).ok_or_else(not_found)?;
    let authorization = &settings.authorization;
    let document = protected_resource(&authorization.base, path, &authorization.issuer);
    Ok(shown(&document.ok_or_else(not_found)?))
}

/// `GET /.well-known/oauth-authorization-server` and its aliases (RFC 8414 §3).
pub(crate) async fn server(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Ok(shown(&open(&request).await?.metadata()))
}

/// `GET /.well-known/jwks.json` (RFC 7517 §5).
pub(crate) async fn keys(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Ok(shown(&open(&request).await?.jwks()))
}

fn shown(document: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(document)
}
