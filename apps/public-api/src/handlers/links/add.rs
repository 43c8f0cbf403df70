//! `POST /registrations/{registration_id}/links`: a page elsewhere that says more.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::add_link;
use registry_http_edge::{Body, Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::wire::link::LinkBody;
use crate::wire::link::{LinkRequest, LinkResponse};

type Input = (PathId<RegistrationId>, Body<LinkRequest>);

/// Add a link to a page elsewhere that says more.
#[utoipa::path(
    post, path = "/registrations/{registration_id}/links", operation_id = "add_link", tag = "documents", security(("bearer" = [])),
    params(RegistrationInPath),
    request_body = LinkBody,
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION", "ENDPOINT_URL_CONFLICT",
    ]))),
    responses((status = 201, description = "It is kept", body = LinkResponse)),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(id), Body(LinkRequest(draft))), .. }: Guarded<Input>,
) -> Answer {
    let link = add_link(&ports, &caller, id, draft).await?;
    Ok(HttpResponse::Created().json(LinkResponse::of(&link)))
}
