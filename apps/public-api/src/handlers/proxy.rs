//! MCP calls that name no server: one is chosen that can do what is asked.

use actix_web::{HttpRequest, web};
use bytes::Bytes;
use registry_domain::party::Party;
use registry_http_edge::{Edge, Problem, bearer, body, guard};

use crate::settings::PublicApiSettings;

pub(crate) mod advanced;
pub(crate) mod simple;

/// Who calls, and what they sent: the origin first, then the limits, then the body within its
/// bound. Where the API is open a token is not needed, but a bad one is refused.
async fn admitted(
    request: &HttpRequest,
    payload: web::Payload,
    settings: &PublicApiSettings,
) -> Result<(Party, Bytes), Problem> {
    let edge = Edge::of(request)?;
    settings.proxy.origins.check(request)?;
    let party = guard::party(edge, request).await?;
    signed_in_unless_open(&party, settings)?;
    let (max_bytes, within) = (settings.proxy.max_body_bytes, edge.settings.body_timeout);
    let body = body::read(request.headers(), payload.into_inner(), max_bytes, within).await?;
    Ok((party, body))
}

/// Strangers call, and end calls, only where the API is open.
pub(super) fn signed_in_unless_open(
    party: &Party,
    settings: &PublicApiSettings,
) -> Result<(), Problem> {
    match party {
        Party::Anonymous { .. } if !settings.proxy.open => Err(bearer::required()),
        Party::Anonymous { .. } | Party::Caller(_) => Ok(()),
    }
}
