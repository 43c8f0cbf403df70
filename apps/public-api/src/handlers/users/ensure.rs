//! POST /users: makes the caller's row, or brings it up to date. The token says it all; a body is
//! not read.

use actix_web::HttpResponse;
use registry_domain::ports::Ensured;
use registry_http_edge::Guarded;

use crate::handlers::Answer;
use crate::wire::user::UserResponse;

pub(crate) async fn handle(Guarded { caller, ensured, .. }: Guarded) -> Answer {
    let mut response = match &ensured {
        Ensured::Created(_) => HttpResponse::Created(),
        Ensured::Changed(_) | Ensured::Same(_) => HttpResponse::Ok(),
    };
    Ok(response.json(UserResponse::of_caller(&ensured.into_user(), &caller)))
}
