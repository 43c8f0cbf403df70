//! `DELETE /api/v1/servers/{server_id}`: takes it off the list; a registration behind it stays.

use actix_web::{HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_server;
use registry_http_edge::{IfRevision, PathId, Visitor};

use crate::handlers::Answer;

type Input = (PathId<ServerId>, IfRevision);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Visitor { caller, input: (PathId(id), IfRevision(seen)) }: Visitor<Input>,
) -> Answer {
    delete_server(&ports, Actor::of(caller.as_ref()), id, seen).await?;
    Ok(HttpResponse::NoContent().finish())
}
