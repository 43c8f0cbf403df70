//! `GET /registrations/{registration_id}/documents`.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_documents;
use registry_http_edge::{Guarded, PathId, Query};

use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::wire::document::DocumentResponse;
use crate::wire::list::{self, PageQuery};
use crate::wire::list::{ListResponse, PageParameters};

type Input = (PathId<RegistrationId>, Query<PageQuery>);

/// List the documents of a registration, the oldest first.
#[utoipa::path(
    get, path = "/registrations/{registration_id}/documents", operation_id = "list_documents", tag = "documents", security(("bearer" = [])),
    params(RegistrationInPath, PageParameters),
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND",
    ]))),
    responses((status = 200, description = "A page", body = ListResponse<DocumentResponse>, headers(
        ("X-Total-Count" = u64, description = "How many there are on all pages"),
        ("Link" = String, description = "Where the next and the previous page are, if there are any"),
    ))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(id), Query(PageQuery(asked))), .. }: Guarded<Input>,
) -> Answer {
    let page = list_documents(&ports, &caller, id, asked).await?;
    Ok(list::shown(HttpResponse::Ok(), &request, asked, &page, DocumentResponse::of))
}
