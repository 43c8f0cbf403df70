//! GET /users/me: the caller's own row.

use actix_web::HttpResponse;
use registry_http_edge::Guarded;

use crate::handlers::Answer;
use crate::wire::user::UserResponse;

pub(crate) async fn handle(Guarded { caller, ensured, .. }: Guarded) -> Answer {
    Ok(HttpResponse::Ok().json(UserResponse::of_caller(&ensured.into_user(), &caller)))
}
