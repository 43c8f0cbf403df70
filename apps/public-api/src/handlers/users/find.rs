//! `GET /users/{user_id}`.

use actix_web::{HttpResponse, web};
use registry_domain::id::UserId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_user;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::user::UserResponse;

/// Find a person.
#[utoipa::path(
    get, path = "/users/{user_id}", operation_id = "find_user", tag = "users", security(("bearer" = [])),
    params(("user_id" = Id, Path, description = "The person's id")),
    extensions(("x-error-codes" = json!(["USER_NOT_FOUND"]))),
    responses((status = 200, description = "The person's row", body = UserResponse)),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<UserId>>,
) -> Answer {
    let user = find_user(&ports, &caller, id).await?;
    Ok(HttpResponse::Ok().json(UserResponse::of(&user)))
}
