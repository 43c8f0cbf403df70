//! `PATCH /api/v1/servers/{server_id}`: an operator takes a server out of rotation, or puts it back.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::ServerId;
use registry_domain::ports::{Include, RegistryPorts, ServerView};
use registry_domain::use_cases::order_health;
use registry_http_edge::{Body, Guarded, IfRevision, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::server::ServerResponse;
use crate::wire::server_health::{HealthWish, HealthWishBody};

type Input = (PathId<ServerId>, IfRevision, Body<HealthWish>);

/// Take a server out of rotation, or put it back.
///
/// For administrators and its owner.
#[utoipa::path(
    patch, path = "/api/v1/servers/{server_id}", operation_id = "order_health", tag = "servers", security(("bearer" = [])),
    params(("server_id" = Id, Path, description = "The server's id"), IfMatch),
    request_body = HealthWishBody,
    extensions(("x-error-codes" = json!([
        "SERVER_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION", "TENANT_ACCESS_DENIED",
    ]))),
    responses((status = 200, description = "How it stands", body = ServerResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfRevision(seen), Body(HealthWish(order))) = input;
    let server = order_health(&ports, &caller, id, order, seen).await?;
    let include = Include::default();
    let view = ServerView::of(&server, include);
    let body = ServerResponse::of(&view, include, &settings.gateway_base_url);
    tagged(&request, HttpResponse::Ok(), Some(view.revision), &body)
}
