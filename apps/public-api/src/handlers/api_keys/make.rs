//! `POST /api/v1/api-keys`: a new key, shown this once.

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use aws_lc_rs::rand;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::make_api_key;
use registry_http_edge::{Body, Guarded, Problem};

use crate::handlers::Answer;
use crate::records::Made;
use crate::wire::api_key::{ApiKeyBody, ApiKeyRequest, ApiKeyResponse, NewApiKeyResponse};

/// Make an API key.
///
/// For administrators, and not by a key. Its text is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/api/v1/api-keys", operation_id = "make_api_key", tag = "api keys", security(("bearer" = [])),
    request_body = ApiKeyBody,
    extensions(("x-error-codes" = json!(["INSUFFICIENT_PERMISSIONS"]))),
    responses((status = 201, description = "The key, with its text", body = NewApiKeyResponse)),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Body<ApiKeyRequest>>,
) -> Answer {
    let Body(ApiKeyRequest(draft)) = input;
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|error| Problem::internal().caused_by(error))?;
    let (key, text) = make_api_key(&ports, &caller, draft, &random).await?;
    request.extensions_mut().insert(Made(key.id.to_string()));
    let key = ApiKeyResponse::of(&key);
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(NewApiKeyResponse { key, api_key: text.expose() }))
}
