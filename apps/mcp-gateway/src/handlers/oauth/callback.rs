//! GET /auth/callback: a person comes back from the identity provider.

use actix_web::{HttpRequest, HttpResponse};
use registry_http_edge::Problem;

use super::{cookies, open, refusal, step};

/// Ends the sign-in, and sends the person on to the client.
pub(crate) async fn callback(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    Ok(match server.callback(request.query_string(), cookies(&request)).await {
        Ok(next) => step::found(&next),
        Err(error) => refusal::to_person(&error),
    })
}
