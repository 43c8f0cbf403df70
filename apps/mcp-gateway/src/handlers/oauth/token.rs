//! POST /token and POST /revoke: a client gets tokens, and gives them back.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_http_edge::Problem;

use super::{authorization, form, open, refusal};

/// Tokens for a code or a refresh token (RFC 6749 §4.1.3, §6).
pub(crate) async fn token(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    let form = form(&request, payload).await?;
    let authorization = authorization(&request);
    Ok(match server.token(&form, authorization).await {
        Ok(tokens) => {
            HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(tokens)
        }
        Err(error) => refusal::to_client(&error, authorization.is_some()),
    })
}

/// Takes a token back (RFC 7009).
pub(crate) async fn revoke(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    let form = form(&request, payload).await?;
    let authorization = authorization(&request);
    Ok(match server.revoke(&form, authorization).await {
        Ok(()) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish(),
        Err(error) => refusal::to_client(&error, authorization.is_some()),
    })
}
