//! `GET /api/v1/collections`: which collections there are.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_collections;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::wire::collection::CollectionResponse;
use crate::wire::list::{self, ListResponse, PageParameters, PageQuery};

/// List collections, by their slugs.
///
/// For administrators.
#[utoipa::path(
    get, path = "/api/v1/collections", operation_id = "list_collections", tag = "collections", security(("bearer" = [])),
    params(PageParameters),
    extensions(("x-error-codes" = json!(["INSUFFICIENT_PERMISSIONS"]))),
    responses((status = 200, description = "A page", body = ListResponse<CollectionResponse>, headers(
        ("X-Total-Count" = u64, description = "How many there are on all pages"),
        ("Link" = String, description = "Where the next and the previous page are, if there are any"),
    ))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: Query(PageQuery(asked)), .. }: Guarded<Query<PageQuery>>,
) -> Answer {
    let page = list_collections(&ports, &caller, asked).await?;
    Ok(list::shown(HttpResponse::Ok(), &request, asked, &page, CollectionResponse::of))
}
