//! GET /registrations/by-url?endpoint_url=…: for pipelines that know the address only.

use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_registration_by_url;
use registry_http_edge::{Guarded, Query};

use super::shown;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::registration::RegistrationResponse;
use crate::wire::registration_query::{UrlParameters, UrlQuery};

/// Find a registration by its server's address.
#[utoipa::path(
    get, path = "/registrations/by-url", operation_id = "find_registration_by_url",
    tag = "registrations", security(("bearer" = [])),
    params(UrlParameters),
    extensions(("x-error-codes" = json!(["REGISTRATION_NOT_FOUND"]))),
    responses((status = 200, description = "The registration", body = RegistrationResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: Query(UrlQuery(url)), .. }: Guarded<Query<UrlQuery>>,
) -> Answer {
    let view = find_registration_by_url(&ports, &caller, &url).await?;
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
