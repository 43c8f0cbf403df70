//! GET /registrations: all of them, filtered, page by page.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_registrations;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::list::ListResponse;
use crate::wire::registration::RegistrationResponse;
use crate::wire::registration_page;
use crate::wire::registration_query::{ListParameters, ListQuery};

/// List registrations, filtered, page by page.
///
/// `Link` leads to the next page by cursor: rows that arrive meanwhile move nothing.
#[utoipa::path(
    get, path = "/registrations", operation_id = "list_registrations", tag = "registrations", security(("bearer" = [])),
    params(ListParameters),
    responses(
        (status = 200, description = "A page", body = ListResponse<RegistrationResponse>, headers(
            ("X-Total-Count" = u64, description = "How many there are on all pages"),
            ("Link" = String, description = "Where the next and the previous page are, if there are any"),
        )),
    ),
)]
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
