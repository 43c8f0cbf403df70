//! `GET /api/v1/audit/operations/export`: all of them, one JSON object a line.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use registry_domain::Error;
use registry_domain::caller::Caller;
use registry_domain::ports::{OperationQuery, RegistryPorts};
use registry_domain::use_cases::read_operations;
use registry_http_edge::{Guarded, Query};

use crate::handlers::Answer;
use crate::wire::operation;
use crate::wire::operation_query::{OperationExportQuery, OperationFilterParameters};

/// How many rows are held at once.
const AT_ONCE: u32 = 500;

/// Export recorded calls and changes as lines of JSON, the newest first.
///
/// For administrators. It is read while it is sent: one that ends without its last line's end broke off.
#[utoipa::path(
    get, path = "/api/v1/audit/operations/export", operation_id = "export_operations", tag = "audit", security(("bearer" = [])),
    params(OperationFilterParameters),
    extensions(("x-error-codes" = json!(["INVALID_DATE_RANGE", "INSUFFICIENT_PERMISSIONS"]))),
    responses((status = 200, description = "Every row that the filter finds, one a line", body = String,
               content_type = "application/x-ndjson", example = "{\"id\":\"00000000-0000-4000-8000-000000000001\"}\n")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: Query(asked), .. }: Guarded<Query<OperationExportQuery>>,
) -> Answer {
    let query = OperationQuery { limit: AT_ONCE, ..asked.checked()? };
    // The first rows are read before the answer begins: what goes wrong by then is told as usual.
    let first = lines(&ports, &caller, query).await?;
    let body = stream::try_unfold(Some(first), move |turn| {
        let (ports, caller) = (ports.clone(), caller.clone());
        async move {
            let Some((lines, next)) = turn else { return Ok::<_, Error>(None) };
            let following = match next {
                Some(query) => Some(self::lines(&ports, &caller, query).await?),
                None => None,
            };
            Ok(Some((lines, following)))
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/x-ndjson"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"operations.ndjson\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(body)))
}

/// The next rows as lines, and the query of those after them.
async fn lines(
    ports: &RegistryPorts,
    caller: &Caller,
    query: OperationQuery,
) -> Result<(Bytes, Option<OperationQuery>), Error> {
    let rows = read_operations(ports, caller, &query).await?;
    let more = u32::try_from(rows.len()).is_ok_and(|rows| rows == query.limit);
    let after = rows.last().filter(|_| more).map(OperationQuery::position_of);
    let next = after.map(|after| OperationQuery { after: Some(after), ..query });
    Ok((operation::lines(&rows), next))
}
