//! GET /registrations: all of them, filtered, page by page.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_registrations;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::registration_page;
use crate::wire::registration_query::ListQuery;

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: Query(ListQuery(query)), .. }: Guarded<Query<ListQuery>>,
) -> Answer {
    let page = list_registrations(&ports, &caller, &query).await?;
    let response = HttpResponse::Ok();
    Ok(registration_page::shown(response, &request, &query, &page, &settings.gateway_base_url))
}
