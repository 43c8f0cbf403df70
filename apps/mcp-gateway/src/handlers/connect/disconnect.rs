//! DELETE /connect/{server}: what somebody granted at a server is taken back.

use actix_web::{HttpRequest, HttpResponse};
use registry_domain::use_cases::disconnect_server;
use registry_http_edge::{Edge, Problem, bearer, guard};

use super::{configured, server};

/// By token or by session; to take back what is not there changes nothing.
pub(crate) async fn end(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let ports = configured(&request)?;
    let edge = Edge::of(&request)?;
    let admitted = guard::admitted(edge, &request).await?.ok_or_else(bearer::required)?;
    let permit = server(&request, &admitted.caller)?;
    disconnect_server(ports, &admitted.token, permit.of().id).await?;
    Ok(HttpResponse::NoContent().finish())
}
