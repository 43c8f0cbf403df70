//! `PUT /api/v1/servers/{server_id}`: another content, whole; what is left out is cleared.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::replace_server;
use registry_http_edge::{Body, IfRevision, PathId, Visitor};

use super::written;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::server_draft::ServerRequest;

type Input = (PathId<ServerId>, IfRevision, Body<ServerRequest>);

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input }: Visitor<Input>,
) -> Answer {
    let (PathId(id), IfRevision(seen), Body(ServerRequest(draft))) = input;
    let listed = replace_server(&ports, Actor::of(caller.as_ref()), id, draft, seen).await?;
    written(&request, HttpResponse::Ok(), &listed, &settings)
}
