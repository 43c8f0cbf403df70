//! GET /api/v1/servers: a bare list, filtered, page by page.

use actix_web::{HttpRequest, web};
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_servers;
use registry_http_edge::{Query, Visitor};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::server_list;
use crate::wire::server_query::ServersQuery;

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: Query(ServersQuery(query)) }: Visitor<Query<ServersQuery>>,
) -> Answer {
    let page = list_servers(&ports, Actor::of(caller.as_ref()), &query).await?;
    server_list::shown(&request, &query, &page, &settings.gateway_base_url)
}
