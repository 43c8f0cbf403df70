//! Signing in with a browser: `/oauth/login`, `/oauth/callback`, `/oauth/userinfo`, `/oauth/logout`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use registry_domain::sign_in::SignInPorts;
use registry_http_edge::session::Sessions;
use registry_http_edge::{Code, Edge, Problem};

pub(crate) mod callback;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod userinfo;

/// The ports and the sessions of a program where people can sign in.
///
/// # Errors
/// 503 where they cannot.
pub(super) fn configured(
    request: &HttpRequest,
) -> Result<(&SignInPorts, &Arc<dyn Sessions>), Problem> {
    let ports = request.app_data::<web::Data<SignInPorts>>().map(web::Data::get_ref);
    let sessions = Edge::of(request)?.sessions.as_ref();
    ports.zip(sessions).ok_or_else(|| {
        Problem::new(
            Code::AuthNotConfigured,
            "Nobody signs in here: AZURE_TENANT_ID, AZURE_CLIENT_ID and MREG_AZURE_CLIENT_SECRET are not all set",
        )
        .retry_after(Duration::from_mins(1))
    })
}
