//! POST /users: makes the caller's row, or brings it up to date. The token says it all; a body is
//! not read.

use actix_web::HttpResponse;
use registry_domain::ports::Ensured;
use registry_http_edge::Guarded;

use crate::handlers::Answer;
use crate::wire::user::UserResponse;

/// Make the caller's row, or bring it up to date.
///
/// The token says it all; a body is not read.
#[utoipa::path(
    post, path = "/users", operation_id = "ensure_user", tag = "users", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's row", body = UserResponse),
        (status = 201, description = "The caller's row, which is new", body = UserResponse),
    ),
)]
pub(crate) async fn handle(Guarded { caller, ensured, .. }: Guarded) -> Answer {
    let mut response = match &ensured {
        Ensured::Created(_) => HttpResponse::Created(),
        Ensured::Changed(_) | Ensured::Same(_) => HttpResponse::Ok(),
    };
    Ok(response.json(UserResponse::of_caller(&ensured.into_user(), &caller)))
}
