//! POST /register: a client registers itself (RFC 7591).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_http_edge::{Edge, Problem, body};

use super::{LONGEST_BODY, open, refusal};

/// Registers the client that the body describes.
pub(crate) async fn register(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    let within = Edge::of(&request)?.settings.body_timeout;
    let body = body::read(request.headers(), payload.into_inner(), LONGEST_BODY, within).await?;
    Ok(match server.register(&body).await {
        Ok(client) => {
            HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(client)
        }
        Err(error) => refusal::to_client(&error, false),
    })
}
