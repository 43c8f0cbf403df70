//! GET /connect/callback: back from a server's authorization server.

use actix_web::{HttpRequest, HttpResponse};
use registry_domain::ports::Secret;
use registry_domain::use_cases::{ConnectionReturn, finish_connection};
use registry_http_edge::query::{Parameters, ReadQuery, read_query};
use registry_http_edge::{Code, Problem};

use super::page::onward;
use super::{Reader, configured, reader};

/// What an authorization server sends a browser back with (RFC 6749 §4.1.2, RFC 9207 §2).
struct ReturnQuery {
    state: String,
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl ReadQuery for ReturnQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self {
            state: parameters.required_text("state", 256),
            code: parameters.text("code", 8192),
            error: parameters.text("error", 256),
            issuer: parameters.text("iss", 2048),
        }
    }
}

/// Keeps what was granted, and shows the server's page again: the code stays in no address.
pub(crate) async fn finish(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let ports = configured(&request)?;
    let Some(Reader { person, session, .. }) = reader(&request).await? else {
        return Err(Problem::new(
            Code::AuthenticationRequired,
            "Nobody is signed in with this browser: begin again at the server's page",
        ));
    };
    let query: ReturnQuery = read_query(request.query_string())?;
    let code = query.code.filter(|_| query.error.is_none()).map(Secret::new);
    let back = ConnectionReturn { state: query.state, code, issuer: query.issuer };
    let name = finish_connection(ports, &person, &session, back).await?;
    Ok(onward(HttpResponse::SeeOther(), &format!("/connect/{name}")))
}
