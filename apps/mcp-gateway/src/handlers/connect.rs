//! `/connect/{server}`: people let the gateway use a server in their name, and take that back.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use registry_domain::caller::{Caller, Permit};
use registry_domain::ports::{Secret, VerifiedToken};
use registry_domain::routing::ServerEntry;
use registry_domain::user_grant::ConnectPorts;
use registry_exchange::Exchange;
use registry_http_edge::guard::{self, Admitted};
use registry_http_edge::session::Cookie;
use registry_http_edge::{Edge, Problem, not_found};

pub(crate) mod callback;
pub(crate) mod disconnect;
pub(crate) mod document;
mod html;
pub(crate) mod page;

/// Somebody in front of a browser that they signed in with.
struct Reader {
    person: Arc<VerifiedToken>,
    caller: Caller,
    /// Their session: what was begun in it is finished in it.
    session: Secret,
}

/// What connecting needs, where people sign in.
fn configured(request: &HttpRequest) -> Result<&ConnectPorts, Problem> {
    super::sign_in::configured(request)?;
    let ports = request.app_data::<web::Data<ConnectPorts>>().map(web::Data::get_ref);
    ports.ok_or_else(Problem::internal)
}

/// Who reads the page; `None`: they have to sign in first. A token is none: pages are for browsers.
async fn reader(request: &HttpRequest) -> Result<Option<Reader>, Problem> {
    let edge = Edge::of(request)?;
    let session = edge
        .sessions
        .as_ref()
        .and_then(|sessions| sessions.cookies().find(request, Cookie::Session));
    let admitted = guard::admitted(edge, request).await?;
    let is_token = request.headers().contains_key("authorization");
    Ok(admitted
        .zip(session)
        .filter(|_| !is_token)
        .map(|(Admitted { token, caller }, session)| Reader { person: token, caller, session }))
}

/// The server of a page, if its reader may use it.
fn server(request: &HttpRequest, caller: &Caller) -> Result<Permit<Arc<ServerEntry>>, Problem> {
    let exchange = request.app_data::<web::Data<Exchange>>().ok_or_else(Problem::internal)?;
    exchange.server_of(caller, name(request)).ok_or_else(not_found)
}

/// How the page's address names its server.
fn name(request: &HttpRequest) -> &str {
    request.match_info().query("server")
}
