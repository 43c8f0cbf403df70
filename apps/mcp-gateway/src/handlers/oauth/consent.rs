//! /consent: the page that asks a person, and what they answer.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_http_edge::Problem;

use super::{cookies, form, open, page, refusal, step};

/// `GET /consent`.
pub(crate) async fn ask(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    Ok(match server.consent_page(request.query_string(), cookies(&request)) {
        Ok(asked) => page::consent(&asked),
        Err(error) => refusal::to_person(&error),
    })
}

/// `POST /consent`.
pub(crate) async fn answer(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let server = open(&request).await?;
    let form = form(&request, payload).await?;
    Ok(match server.decide(&form, cookies(&request)).await {
        Ok(next) => step::see_other(&next),
        Err(error) => refusal::to_person(&error),
    })
}
