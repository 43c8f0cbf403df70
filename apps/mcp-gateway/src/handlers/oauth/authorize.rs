//! GET /authorize: a client sends a person here.

use actix_web::{HttpRequest, HttpResponse};
use registry_http_edge::Problem;

use super::{cookies, open, refusal, step};

/// Begins the flow, or says why not.
pub(crate) async fn authorize(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    Ok(match server.authorize(request.query_string(), cookies(&request)).await {
        Ok(next) => step::found(&next),
        Err(error) => refusal::to_person(&error),
    })
}
