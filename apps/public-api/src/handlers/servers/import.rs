//! POST /api/v1/servers/import: a file of servers, tried or listed.

use actix_web::web;
use registry_domain::caller::Actor;
use registry_domain::ports::{Atomicity, RegistryPorts};
use registry_domain::use_cases::import_servers;
use registry_http_edge::{FileForm, Query, Visitor};

use crate::handlers::Answer;
use crate::import::rows;
use crate::settings::PublicApiSettings;
use crate::wire::bulk::BulkReport;
use crate::wire::bulk_answer::Batch;
use crate::wire::import_query::ImportQuery;
use crate::wire::import_query::{ImportFile, ImportParameters, ImportUpload};
use crate::wire::server_draft::new_one;

type Input = (Query<ImportQuery>, FileForm<ImportFile>);

/// List the servers of a file, or try what that would do.
#[utoipa::path(
    post, path = "/api/v1/servers/import", operation_id = "import_servers", tag = "servers", security((), ("bearer" = [])),
    params(ImportParameters),
    request_body(content = ImportUpload, content_type = "multipart/form-data"),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "TENANT_ACCESS_DENIED", "READ_ONLY", "APPROVAL_REQUIRED",
    ]))),
    responses(
        (status = 200, description = "All of them worked", body = BulkReport),
        (status = 207, description = "Some of them failed", body = BulkReport),
    ),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: (Query(query), FileForm(file)) }: Visitor<Input>,
) -> Answer {
    let format = query.format_of(&file)?;
    let (batch, drafts) = Batch::read(rows(format, &file.content)?, new_one, Atomicity::PerItem);
    let actor = Actor::of(caller.as_ref());
    let items = import_servers(&ports, actor, drafts, query.plan).await?;
    Ok(batch.answer_import(items, query.plan.dry_run, &settings.gateway_base_url))
}
