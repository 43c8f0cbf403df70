//! POST /dev/token: a token for whoever is asked for.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_entra::{DevelopmentIssuer, IssueError};
use registry_http_edge::{Body, Code, Place, Problem};

use crate::handlers::Answer;
use crate::handlers::development::OnThisMachine;
use crate::wire::dev_token::{DevTokenBody, DevTokenRequest};

/// Make a token for whoever is asked for.
///
/// In development only, and for callers on this machine only.
#[utoipa::path(
    post, path = "/dev/token", operation_id = "issue_token", tag = "development",
    request_body(content = Option<DevTokenBody>, description = "Whose token; all of it is optional"),
    extensions(("x-error-codes" = json!(["ORIGIN_NOT_ALLOWED"]))),
    responses((status = 200, description = "The token", body = Object, example = json!({
        "access_token": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl", "token_type": "Bearer", "expires_in": 3600,
    }))),
)]
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
