//! POST /api/v1/servers/bulk: lists many servers in one transaction, each for itself or all or none.

use actix_web::web;
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::register_servers;
use registry_http_edge::{Body, Query, Visitor};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::bulk::{BulkQuery, BulkRequest};
use crate::wire::bulk_answer::{Batch, Done};
use crate::wire::server_draft::new_one;

type Input = (Query<BulkQuery>, Body<BulkRequest>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: (Query(query), Body(body)) }: Visitor<Input>,
) -> Answer {
    let atomicity = body.atomicity(&query);
    let (batch, drafts) = Batch::read(body.rows, new_one, atomicity);
    let actor = Actor::of(caller.as_ref());
    let items = register_servers(&ports, actor, drafts, atomicity).await?;
    batch.answer(items, Done::Listed, atomicity, &settings.gateway_base_url)
}
