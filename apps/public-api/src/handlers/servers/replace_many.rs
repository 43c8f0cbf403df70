//! PUT /api/v1/servers/bulk: writes other contents over many servers in one transaction.

use actix_web::web;
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::replace_servers;
use registry_http_edge::{Body, Query, Visitor};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::bulk::{BulkBody, BulkReport};
use crate::wire::bulk::{BulkQuery, BulkRequest};
use crate::wire::bulk_answer::{Batch, Done};
use crate::wire::server_draft::replacement;

type Input = (Query<BulkQuery>, Body<BulkRequest>);

/// Replace the contents of many servers in one transaction.
#[utoipa::path(
    put, path = "/api/v1/servers/bulk", operation_id = "replace_servers", tag = "servers", security((), ("bearer" = [])),
    params(("atomic" = Option<bool>, Query, description = "All or none; the body may say so too")),
    request_body = BulkBody,
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "TENANT_ACCESS_DENIED", "READ_ONLY", "APPROVAL_REQUIRED", "SERVER_NOT_FOUND", "SERVER_NAME_CONFLICT", "ENDPOINT_URL_CONFLICT", "INVALID_STATE_TRANSITION",
    ]))),
    responses(
        (status = 200, description = "All of them worked", body = BulkReport),
        (status = 207, description = "Some of them failed", body = BulkReport),
    ),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Visitor { caller, input: (Query(query), Body(body)) }: Visitor<Input>,
) -> Answer {
    let atomicity = body.atomicity(&query);
    let (batch, replacements) = Batch::read(body.rows, replacement, atomicity);
    let actor = Actor::of(caller.as_ref());
    let items = replace_servers(&ports, actor, replacements, atomicity).await?;
    batch.answer(items, Done::Replaced, atomicity, &settings.gateway_base_url)
}
