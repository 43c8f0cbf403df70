//! The handlers: one borrowed connection each, one answer.

use actix_web::error::{ErrorBadRequest, ErrorInternalServerError};
use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use serde::Deserialize;
use uuid::Uuid;

use super::answer::{Page, Shown};
use super::content::{self, Decision, Draft};
use super::rows::View;
use super::writes::{self, Trail};
use super::{Floor, kept, reads, servers};

pub(super) type Answer = actix_web::Result<HttpResponse>;

/// A way to the next page, as long as the product's.
const NEXT: &str = "</registrations?limit=20&cursor=\
                    MTc5NTI3MjQzOTEwNTM0OC4wMWExZmU2ZWQ5Zjc3NmU0ODExN2E2OGQ0ZGUxOTU4OQ>; rel=\"next\"";

#[derive(Deserialize)]
struct Asked {
    limit: u32,
}

/// The product's routes, and one to create without audit and outbox rows.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/v1/servers", web::get().to(servers::list))
        .route("/api/v1/servers/{id}", web::get().to(servers::find))
        .route("/kept/api/v1/servers", web::get().to(kept::list))
        .route("/kept/api/v1/servers/{id}", web::get().to(kept::find))
        .route("/registrations", web::get().to(list))
        .route("/registrations", web::post().to(create))
        .route("/without-trail/registrations", web::post().to(create_without_trail))
        .route("/registrations/{id}", web::get().to(find))
        .route("/registrations/{id}/status", web::patch().to(approve));
}

pub(super) async fn connection(floor: &Floor) -> actix_web::Result<Object<AsyncPgConnection>> {
    floor.pool.get().await.map_err(ErrorInternalServerError)
}

/// A registration with as many bytes of headers as the product sends.
fn shown(mut response: HttpResponseBuilder, view: &View, floor: &Floor) -> HttpResponse {
    let (row, candidate, _) = view;
    let digest = candidate.as_ref().and_then(|candidate| candidate.digest.as_deref());
    let tag = format!("\"r{}-{}\"", row.revision, digest.unwrap_or("none"));
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    with_product_headers(&mut response).json(Shown::of(view, &floor.gateway_url))
}

/// The headers of each of the product's answers. The id is always the same one: nobody reads it.
pub(super) fn with_product_headers(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response
        .insert_header(("x-request-id", "01a1fe6e-d9bf-768e-bac1-a29df2bc2f59"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("x-ratelimit-limit", "60000000"))
        .insert_header(("x-ratelimit-remaining", "59999999"))
        .insert_header(("x-ratelimit-reset", "1"))
}

async fn list(floor: web::Data<Floor>, asked: web::Query<Asked>) -> Answer {
    let mut conn = connection(&floor).await?;
    reads::user(&mut conn, &floor.user).await.map_err(ErrorInternalServerError)?;
    let (total, views) =
        reads::page(&mut conn, asked.limit).await.map_err(ErrorInternalServerError)?;
    drop(conn);
    let results = views.iter().map(|view| Shown::of(view, &floor.gateway_url)).collect();
    let page = Page { total, limit: asked.limit, offset: 0, results };
    let mut response = HttpResponse::Ok();
    response
        .insert_header(("x-total-count", total))
        .insert_header((header::LINK, NEXT))
        .insert_header((header::ETAG, servers::TAG))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(with_product_headers(&mut response).json(page))
}

async fn find(floor: web::Data<Floor>, id: web::Path<Uuid>) -> Answer {
    let mut conn = connection(&floor).await?;
    reads::user(&mut conn, &floor.user).await.map_err(ErrorInternalServerError)?;
    let view = reads::find(&mut conn, *id).await.map_err(ErrorInternalServerError)?;
    drop(conn);
    Ok(shown(HttpResponse::Ok(), &view, &floor))
}

async fn create(floor: web::Data<Floor>, draft: web::Json<Draft>) -> Answer {
    insert(&floor, draft.into_inner(), true).await
}

async fn create_without_trail(floor: web::Data<Floor>, draft: web::Json<Draft>) -> Answer {
    insert(&floor, draft.into_inner(), false).await
}

async fn insert(floor: &Floor, draft: Draft, with_trail: bool) -> Answer {
    let mut conn = connection(floor).await?;
    let user = reads::user(&mut conn, &floor.user).await.map_err(ErrorInternalServerError)?;
    let row = draft.row(user.user_id);
    let id = row.registration_id;
    let trail = if with_trail { content::submitted(&row) } else { Trail::default() };
    writes::create(&mut conn, row, trail).await.map_err(ErrorInternalServerError)?;
    let view = reads::find(&mut conn, id).await.map_err(ErrorInternalServerError)?;
    drop(conn);
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/registrations/{id}")));
    Ok(shown(response, &view, floor))
}

async fn approve(
    floor: web::Data<Floor>,
    id: web::Path<Uuid>,
    decision: web::Json<Decision>,
) -> Answer {
    if !decision.is_approval() {
        return Err(ErrorBadRequest("the floor approves, it does nothing else"));
    }
    let mut conn = connection(&floor).await?;
    let admin = reads::user(&mut conn, &floor.admin).await.map_err(ErrorInternalServerError)?;
    let (row, candidate, _) =
        reads::find(&mut conn, *id).await.map_err(ErrorInternalServerError)?;
    let name = &row.endpoint_name;
    let taken = reads::taken(&mut conn, name, name, content::now()).await;
    if taken.map_err(ErrorInternalServerError)? {
        return Err(ErrorBadRequest("a server has this name"));
    }
    let (approval, trail) =
        content::approval(row, candidate, admin.user_id).map_err(ErrorInternalServerError)?;
    writes::approve(&mut conn, approval, trail).await.map_err(ErrorInternalServerError)?;
    let view = reads::find(&mut conn, *id).await.map_err(ErrorInternalServerError)?;
    drop(conn);
    Ok(shown(HttpResponse::Ok(), &view, &floor))
}
