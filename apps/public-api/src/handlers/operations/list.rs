//! `GET /api/v1/audit/operations`: which calls and changes there were, for administrators.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_operations;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::wire::list::ListResponse;
use crate::wire::operation::{self, OperationResponse};
use crate::wire::operation_query::{
    OperationFilterParameters, OperationListQuery, OperationPageParameters,
};

/// List recorded calls and changes, the newest first.
///
/// For administrators. Values of secrets were redacted before they were recorded.
#[utoipa::path(
    get, path = "/api/v1/audit/operations", operation_id = "list_operations", tag = "audit", security(("bearer" = [])),
    params(OperationFilterParameters, OperationPageParameters),
    extensions(("x-error-codes" = json!(["INVALID_DATE_RANGE", "INSUFFICIENT_PERMISSIONS"]))),
    responses(
        (status = 200, description = "A page", body = ListResponse<OperationResponse>, headers(
            ("X-Total-Count" = u64, description = "How many there are on all pages"),
            ("Link" = String, description = "Where the next page is, if there is one"),
        )),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: Query(asked), .. }: Guarded<Query<OperationListQuery>>,
) -> Answer {
    let query = asked.checked()?;
    let page = list_operations(&ports, &caller, &query).await?;
    Ok(operation::shown(HttpResponse::Ok(), &request, &query, &page))
}
