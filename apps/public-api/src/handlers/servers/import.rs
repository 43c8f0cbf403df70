//! POST /api/v1/servers/import: a file of servers, tried or listed.

use actix_web::web;
use registry_domain::caller::Actor;
use registry_domain::ports::{Atomicity, RegistryPorts};
use registry_domain::use_cases::import_servers;
use registry_http_edge::{Query, Upload, Visitor};

use crate::handlers::Answer;
use crate::import::{MAX_BYTES, rows};
use crate::settings::PublicApiSettings;
use crate::wire::bulk_answer::Batch;
use crate::wire::import_query::ImportQuery;
use crate::wire::server_draft::new_one;

type Input = (Query<ImportQuery>, Upload<MAX_BYTES>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: (Query(query), file) }: Visitor<Input>,
) -> Answer {
    let format = query.format_of(&file)?;
    let (batch, drafts) = Batch::read(rows(format, &file.content)?, new_one, Atomicity::PerItem);
    let actor = Actor::of(caller.as_ref());
    let items = import_servers(&ports, actor, drafts, query.plan).await?;
    Ok(batch.answer_import(items, query.plan.dry_run, &settings.gateway_base_url))
}
