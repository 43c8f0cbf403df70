//! GET /users/me: the caller's own row.

use actix_web::HttpResponse;
use registry_http_edge::Guarded;

use crate::handlers::Answer;
use crate::wire::user::UserResponse;

/// Find the caller's own row.
#[utoipa::path(
    get, path = "/users/me", operation_id = "find_me", tag = "users", security(("bearer" = [])),
    responses((status = 200, description = "The caller's row", body = UserResponse)),
)]
pub(crate) async fn handle(Guarded { caller, ensured, .. }: Guarded) -> Answer {
    Ok(HttpResponse::Ok().json(UserResponse::of_caller(&ensured.into_user(), &caller)))
}
