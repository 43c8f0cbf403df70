//! POST /api/v1/servers/bulk: lists many servers in one transaction, each for itself or all or none.

use actix_web::web;
use registry_domain::caller::Actor;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::register_servers;
use registry_http_edge::{Body, Query, Visitor};

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::bulk::{BulkBody, BulkReport};
use crate::wire::bulk::{BulkQuery, BulkRequest};
use crate::wire::bulk_answer::{Batch, Done};
use crate::wire::server_draft::new_one;

type Input = (Query<BulkQuery>, Body<BulkRequest>);

/// List many servers in one transaction, each for itself, or all or none.
#[utoipa::path(
    post, path = "/api/v1/servers/bulk", operation_id = "register_servers", tag = "servers", security((), ("bearer" = [])),
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
    let (batch, drafts) = Batch::read(body.rows, new_one, atomicity);
    let actor = Actor::of(caller.as_ref());
    let items = register_servers(&ports, actor, drafts, atomicity).await?;
    batch.answer(items, Done::Listed, atomicity, &settings.gateway_base_url)
}
