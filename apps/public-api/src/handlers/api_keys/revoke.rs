//! `DELETE /api/v1/api-keys/{key_id}`: a key is good no longer.

use actix_web::{HttpResponse, web};
use registry_domain::id::ApiKeyId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::revoke_api_key;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;

/// End an API key, for ever.
///
/// For administrators, and not by a key. It is refused everywhere within a second.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{key_id}", operation_id = "revoke_api_key", tag = "api keys", security(("bearer" = [])),
    params(("key_id" = Id, Path, description = "The key's id")),
    extensions(("x-error-codes" = json!(["INSUFFICIENT_PERMISSIONS", "NOT_FOUND"]))),
    responses((status = 204, description = "It is ended")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<ApiKeyId>>,
) -> Answer {
    revoke_api_key(&ports, &caller, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
