//! POST /dev/token: a token for whoever is asked for.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_entra::{DevelopmentIssuer, IssueError};
use registry_http_edge::{Body, Code, Place, Problem};

use crate::handlers::Answer;
use crate::handlers::development::OnThisMachine;
use crate::wire::dev_token::DevTokenRequest;

pub(crate) async fn handle(
    _: OnThisMachine,
    issuer: web::Data<DevelopmentIssuer>,
    Body(DevTokenRequest(wish)): Body<DevTokenRequest>,
) -> Answer {
    let token = issuer.issue(&wish).map_err(|error| match error {
        IssueError::Invalid(violations) => Problem::invalid(Place::Body, violations),
        IssueError::Signing => {
            Problem::new(Code::InternalError, "The token could not be made").caused_by(error)
        }
    })?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(token))
}
