//! Servers: the statements of the product's list and find, and the bodies that it makes of them.

use actix_web::error::ErrorInternalServerError;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager as _,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Floor;
use super::answer::Micros;
use super::handlers::{Answer, connection, with_product_headers};
use super::reads;
use super::rows::Time;
use super::schema::{Label, servers};

/// What the product begins a read of one state with.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// The tenant of whoever asks: none of the servers is its.
const TENANT: &str = "a-tenant";
/// A way to the next page, and a tag, as long as the product's.
const NEXT: &str = "</api/v1/servers?limit=100&cursor=\
    MTc5NTI3MjQzOTEwNTM0OC4wMWExZmU2ZS1kOWY3LTc2ZTQtODExNy1hNjhkNGRlMTk1ODk>; rel=\"next\"";
pub(super) const TAG: &str = "W/\"0123456789abcdef0123456789abcdef\"";

/// A server. All of the row is read, as the product does.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
#[expect(dead_code, reason = "the statement reads it; the floor needs but some columns")]
struct ViewRow {
    id: Uuid,
    name: String,
    endpoint_url: String,
    transport_type: Label,
    version: String,
    description: Option<String>,
    capabilities: Value,
    tags: Vec<Option<String>>,
    health_status: Label,
    tenant_id: Option<String>,
    created_at: Time,
    updated_at: Time,
    registration_id: Option<Uuid>,
    revision: i64,
    alias: Option<String>,
    manifest_state: String,
    manifest_digest: Option<String>,
    owner_id: Option<Uuid>,
    listed_by: String,
    auto_discover: bool,
    search_key: String,
    last_health_check: Option<Time>,
}

/// A server as it is shown.
#[derive(Serialize)]
struct Shown<'a> {
    id: Uuid,
    name: &'a str,
    alias: Option<&'a str>,
    endpoint_url: &'a str,
    transport_type: &'a str,
    version: &'a str,
    description: Option<&'a str>,
    capabilities: &'a Value,
    tags: &'a [Option<String>],
    health_status: &'a str,
    last_health_check: Option<Micros>,
    tenant_id: Option<&'a str>,
    registration_id: Option<Uuid>,
    mcp_url: String,
    created_at: Micros,
    updated_at: Micros,
}

impl<'a> Shown<'a> {
    fn of(row: &'a ViewRow, gateway_url: &str) -> Self {
        let alias = row.alias.as_deref();
        Self {
            id: row.id,
            name: &row.name,
            alias,
            endpoint_url: &row.endpoint_url,
            transport_type: &row.transport_type.0,
            version: &row.version,
            description: row.description.as_deref(),
            capabilities: &row.capabilities,
            tags: &row.tags,
            health_status: &row.health_status.0,
            last_health_check: row.last_health_check.map(Micros::of),
            tenant_id: row.tenant_id.as_deref(),
            registration_id: row.registration_id,
            mcp_url: format!("{gateway_url}/servers/{}/mcp", alias.unwrap_or_default()),
            created_at: Micros::of(row.created_at),
            updated_at: Micros::of(row.updated_at),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    limit: u32,
}

/// The newest ones, and how many there are: both statements are sent at once.
async fn page(conn: &mut AsyncPgConnection, limit: u32) -> QueryResult<(i64, Vec<ViewRow>)> {
    // Everybody's, and their tenant's: as the product narrows it for whoever has one.
    let seen = || {
        let theirs = servers::tenant_id.eq(TENANT).assume_not_null();
        let rows = servers::table.into_boxed::<diesel::pg::Pg>();
        rows.filter(servers::tenant_id.is_null().or(theirs))
    };
    let page = seen()
        .limit(limit.into())
        .offset(0)
        .order((servers::created_at.desc(), servers::id.desc()))
        .select(ViewRow::as_select());
    let (mut counting, mut loading) = (&*conn, &*conn);
    tokio::try_join!(seen().count().get_result(&mut counting), page.load(&mut loading))
}

async fn one(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<ViewRow> {
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    let row = servers::table.find(id).select(ViewRow::as_select()).first(conn).await;
    AnsiTransactionManager::rollback_transaction(conn).await?;
    row
}

/// A page.
pub(super) async fn list(floor: web::Data<Floor>, asked: web::Query<Asked>) -> Answer {
    let mut conn = connection(&floor).await?;
    reads::user(&mut conn, &floor.user).await.map_err(ErrorInternalServerError)?;
    let (total, rows) = page(&mut conn, asked.limit).await.map_err(ErrorInternalServerError)?;
    drop(conn);
    let body: Vec<Shown<'_>> = rows.iter().map(|row| Shown::of(row, &floor.gateway_url)).collect();
    let mut response = HttpResponse::Ok();
    response
        .insert_header(("x-total-count", total))
        .insert_header((header::LINK, NEXT))
        .insert_header((header::ETAG, TAG))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(with_product_headers(&mut response).json(body))
}

/// One server.
pub(super) async fn find(floor: web::Data<Floor>, id: web::Path<Uuid>) -> Answer {
    let mut conn = connection(&floor).await?;
    reads::user(&mut conn, &floor.user).await.map_err(ErrorInternalServerError)?;
    let row = one(&mut conn, *id).await.map_err(ErrorInternalServerError)?;
    drop(conn);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::ETAG, TAG))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(with_product_headers(&mut response).json(Shown::of(&row, &floor.gateway_url)))
}
