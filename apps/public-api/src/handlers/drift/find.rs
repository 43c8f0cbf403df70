//! `GET /api/v1/servers/{server_id}/drift`: what differs from what was approved.

use actix_web::web;
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_drift;
use registry_http_edge::{Guarded, PathId};

use super::shown;
use crate::handlers::Answer;

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<ServerId>>,
) -> Answer {
    let server = find_drift(&ports, &caller, id).await?;
    Ok(shown(&ports, &server))
}
