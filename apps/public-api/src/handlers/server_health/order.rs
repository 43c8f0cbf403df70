//! `PATCH /api/v1/servers/{server_id}`: an operator takes a server out of rotation, or puts it back.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{Seen, order_health};
use registry_http_edge::{Body, Guarded, PathId};

use crate::handlers::Answer;
use crate::wire::precondition::IfMatch;
use crate::wire::server_health::{HealthWish, ServerHealthResponse};

type Input = (PathId<ServerId>, IfMatch, Body<HealthWish>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfMatch(seen), Body(HealthWish(order))) = input;
    let expected = seen.map(|seen| seen.revision);
    let server = order_health(&ports, &caller, id, order, expected).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, Seen::of_drift(&server).tag()))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(ServerHealthResponse::of(&server)))
}
