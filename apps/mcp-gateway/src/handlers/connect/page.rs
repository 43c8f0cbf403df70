//! /connect/{server}: the page, and what its reader decides.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::Error;
use registry_domain::use_cases::{
    begin_connection, disconnect_server, offer_connection, was_offered,
};
use registry_http_edge::{Code, Problem};
use url::form_urlencoded::{Serializer, parse};

use super::{Reader, configured, html, name, reader, server};
use crate::handlers::oauth::form;

/// `GET /connect/{server}`; who is not signed in does so first, and comes back.
pub(crate) async fn show(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let ports = configured(&request)?;
    let Some(Reader { caller, session, .. }) = reader(&request).await? else {
        let query =
            Serializer::new(String::new()).append_pair("return_to", request.path()).finish();
        return Ok(onward(HttpResponse::Found(), &format!("/oauth/login?{query}")));
    };
    let permit = server(&request, &caller)?;
    let offer = offer_connection(ports, &caller, &session, permit.of()).await?;
    let who = caller.email.as_deref().or(caller.display_name.as_deref());
    let who = who.unwrap_or(&caller.subject);
    Ok(html::offer(name(&request), &permit.of().name, who, &offer))
}

/// `POST /connect/{server}`: the page's form, from its own reader's session.
pub(crate) async fn decide(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let ports = configured(&request)?;
    let Some(Reader { person, caller, session }) = reader(&request).await? else {
        return Err(Problem::new(Code::AuthenticationRequired, "Sign in at /oauth/login first"));
    };
    let permit = server(&request, &caller)?;
    let form = form(&request, payload).await?;
    let field = |wanted: &str| {
        parse(&form).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let transaction = field("transaction").unwrap_or_default();
    if !was_offered(ports, &session, permit.of(), &transaction) {
        return Err(Error::UnknownState.into());
    }
    let to = if field("decision").as_deref() == Some("disconnect") {
        disconnect_server(ports, &person, permit.of().id).await?;
        format!("/connect/{}", name(&request))
    } else {
        let named = (permit.of().as_ref(), name(&request));
        begin_connection(ports, &caller, &session, named, &transaction).await?
    };
    Ok(onward(HttpResponse::SeeOther(), &to))
}

/// Sends a browser on, and tells the next site nothing of where it was.
pub(super) fn onward(mut answer: actix_web::HttpResponseBuilder, to: &str) -> HttpResponse {
    answer
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}
