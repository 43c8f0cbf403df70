//! A page of servers: a bare list, with the total and its neighbours in headers.

use actix_web::{HttpRequest, HttpResponse};
use registry_domain::ports::{ListCursor, Page, ServerQuery, ServerView};
use registry_http_edge::links::{Neighbour, describe_page};
use registry_http_edge::{Problem, tagged};

use crate::wire::cursor;
use crate::wire::server::ServerResponse;

/// The page as an answer. `next` leads by cursor, so rows that arrive meanwhile move nothing;
/// `prev` by offset, and only where the caller came by offset.
pub(crate) fn shown(
    request: &HttpRequest,
    query: &ServerQuery,
    page: &Page<ServerView>,
    gateway_base_url: &str,
) -> Result<HttpResponse, Problem> {
    let next = next_cursor(query, page)
        .map(|cursor| [("offset", None), ("cursor", Some(cursor::encode(&cursor)))]);
    let prev = (query.offset > 0)
        .then(|| [("offset", Some(query.offset.saturating_sub(query.limit).to_string()))]);
    let mut neighbours = Vec::new();
    if let Some(changes) = &next {
        neighbours.push(Neighbour { relation: "next", changes });
    }
    if let Some(changes) = &prev {
        neighbours.push(Neighbour { relation: "prev", changes });
    }
    let mut response = HttpResponse::Ok();
    describe_page(&mut response, request, page.total, &neighbours);
    let shape = |view| ServerResponse::of(view, query.include, gateway_base_url);
    let body: Vec<ServerResponse<'_>> = page.items.iter().map(shape).collect();
    tagged(request, response, None, &body)
}

/// The position after this page's last row, unless the page was the last one.
fn next_cursor(
    query: &ServerQuery,
    page: &Page<ServerView>,
) -> Option<ListCursor<registry_domain::id::ServerId>> {
    let last = page.items.last()?;
    let shown = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
    let more = match query.after {
        // How many came before a cursor is not known: a full page may have a successor.
        Some(_) => shown == u64::from(query.limit),
        None => u64::from(query.offset).saturating_add(shown) < page.total,
    };
    more.then_some(ListCursor { created_at: last.created_at, id: last.id })
}
