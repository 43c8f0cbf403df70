//! `POST /registrations/{registration_id}/relist`: an approved registration whose server was taken
//! off the list gets one again.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::relist_server;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::{Answer, registrations};
use crate::settings::PublicApiSettings;

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<RegistrationId>>,
) -> Answer {
    let view = relist_server(&ports, &caller, id).await?;
    Ok(registrations::shown(HttpResponse::Ok(), &view, &settings))
}
