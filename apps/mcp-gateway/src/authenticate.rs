//! Who calls: a bearer token is required, and its bearer may not call more often than allowed.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use registry_domain::caller::Caller;
use registry_domain::use_cases::caller_of;
use registry_http_edge::client_address::client_address;
use registry_http_edge::{Code, Edge, Problem, bearer, limits};

/// The verified and limited caller. Who shows no good token counts against their address, so that
/// guessing is limited too.
pub(crate) async fn caller(request: &HttpRequest) -> Result<Arc<Caller>, Problem> {
    let edge = request
        .app_data::<web::Data<Edge>>()
        .ok_or_else(|| Problem::new(Code::InternalError, "Something went wrong on our side"))?;
    let verified = match bearer::token_of(request) {
        Ok(Some(token)) => bearer::verify(edge.verifier.as_ref(), token).await,
        Ok(None) => Err(bearer::required("Authentication required: send a bearer token")),
        Err(problem) => Err(problem),
    };
    match verified {
        Ok(token) => {
            let caller = caller_of(&token);
            limits::admit(edge.limiter.as_ref(), &edge.settings.limits.of_caller(&caller)).await?;
            Ok(Arc::new(caller))
        }
        Err(problem) => {
            let address = client_address(request, &edge.settings.trusted_proxies);
            limits::admit(edge.limiter.as_ref(), &edge.settings.limits.of_address(address)).await?;
            Err(problem)
        }
    }
}
