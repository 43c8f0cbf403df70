//! POST /api/v1/servers: lists a server, and tells what it offers where that is read in time.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::register_server;
use registry_http_edge::{Body, Visitor};

use super::{PATH, written};
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::server_draft::ServerRequest;

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: Body(ServerRequest(draft)) }: Visitor<Body<ServerRequest>>,
) -> Answer {
    let listed = register_server(&ports, Actor::of(caller.as_ref()), draft).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("{PATH}/{}", listed.server.id)));
    written(&request, response, &listed, &settings)
}
