//! What a server offers instead of what was approved: see it, accept it, refuse it.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::server::Server;
use registry_domain::use_cases::Seen;

use crate::wire::drift::DriftResponse;

pub(crate) mod accept;
pub(crate) mod find;
pub(crate) mod refuse;

/// A drift with the tag that a later `If-Match` may carry.
fn shown(ports: &web::Data<RegistryPorts>, server: &Server) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::ETAG, Seen::of_drift(server).tag()))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(DriftResponse::of(server, ports.policy.drift))
}
