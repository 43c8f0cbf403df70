//! GET /oauth/userinfo: who asks.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use registry_http_edge::{Edge, Problem, bearer, guard};

use crate::wire::{UserContext, UserInfo};

/// Who asks, by token or by cookie.
#[utoipa::path(
    get, path = "/oauth/userinfo", operation_id = "show_user_info", tag = "sign-in",
    security(("bearer" = [])),
    extensions(("x-error-codes" = json!(["BAD_REQUEST", "AUTHENTICATION_PROVIDER_ERROR"]))),
    responses((status = 200, description = "Who asks", body = UserInfo)),
)]
pub(crate) async fn show(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let edge = Edge::of(&request)?;
    let admitted = guard::admitted(edge, &request).await?.ok_or_else(bearer::required)?;
    let user = UserContext::of(&admitted.token, admitted.caller.is_admin);
    let body = UserInfo::new(user, admitted.caller.display_name, admitted.caller.expires_at);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body))
}
