//! `GET /api/v1/api-keys`: which keys there are and were.

use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_api_keys;
use registry_http_edge::Guarded;

use crate::handlers::Answer;
use crate::wire::api_key::{ApiKeyResponse, ApiKeysResponse};

/// List API keys, the newest first, also those that have ended; never their texts.
///
/// For administrators, and not by a key.
#[utoipa::path(
    get, path = "/api/v1/api-keys", operation_id = "list_api_keys", tag = "api keys", security(("bearer" = [])),
    extensions(("x-error-codes" = json!(["INSUFFICIENT_PERMISSIONS"]))),
    responses((status = 200, description = "The newest thousand", body = ApiKeysResponse)),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, .. }: Guarded,
) -> Answer {
    let keys = list_api_keys(&ports, &caller).await?;
    let results = keys.iter().map(ApiKeyResponse::of).collect();
    Ok(HttpResponse::Ok().json(ApiKeysResponse { results }))
}
