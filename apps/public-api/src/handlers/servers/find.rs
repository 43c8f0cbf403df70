//! `GET /api/v1/servers/{server_id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::caller::Actor;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_server;
use registry_http_edge::{PathId, Query, Visitor, tagged};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::server::ServerResponse;
use crate::wire::server_query::OneQuery;

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input }: Visitor<(PathId<ServerId>, Query<OneQuery>)>,
) -> Answer {
    let (PathId(id), Query(OneQuery { tenant, include })) = input;
    let view = find_server(&ports, Actor::of(caller.as_ref()), id, &tenant, include).await?;
    let body = ServerResponse::of(&view, include, &settings.gateway_base_url);
    tagged(&request, HttpResponse::Ok(), Some(view.revision), &body)
}
