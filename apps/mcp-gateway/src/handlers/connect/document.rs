//! GET /oauth/client-metadata.json: who the gateway is at authorization servers that fetch that (draft
//! `oauth-client-id-metadata-document`). Its address is its name there, so it never moves.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use registry_http_edge::Problem;
use serde_json::json;

use super::configured;

/// Answers it.
pub(crate) async fn show(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let ports = configured(&request)?;
    let document = json!({
        "client_id": ports.document_address(),
        "client_name": &*ports.name,
        "client_uri": ports.sign_in.policy.base.as_str(),
        "redirect_uris": [ports.callback()],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .json(document))
}
