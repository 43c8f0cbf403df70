//! `GET /users/{user_id}`.

use actix_web::{HttpResponse, web};
use registry_domain::id::UserId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_user;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::wire::user::UserResponse;

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<UserId>>,
) -> Answer {
    let user = find_user(&ports, &caller, id).await?;
    Ok(HttpResponse::Ok().json(UserResponse::of(&user)))
}
