//! A page of registrations, and the way to its neighbours.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use registry_domain::ports::{ListCursor, Page, RegistrationQuery, RegistrationView};
use registry_http_edge::links::{Neighbour, describe_page};

use crate::wire::cursor;
use crate::wire::list::ListResponse;
use crate::wire::registration::RegistrationResponse;

/// The page as an answer. `next` leads by cursor: rows that arrive meanwhile move nothing. `prev`
/// leads by offset, and only where the caller came by offset.
pub(crate) fn shown(
    mut response: HttpResponseBuilder,
    request: &HttpRequest,
    query: &RegistrationQuery,
    page: &Page<RegistrationView>,
    gateway_base_url: &str,
) -> HttpResponse {
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
    describe_page(&mut response, request, page.total, &neighbours);
    response.json(ListResponse::of(page, (query.limit, query.offset), |view| {
        RegistrationResponse::of(view, gateway_base_url)
    }))
}

/// The position after this page's last row, unless the page was the last one.
fn next_cursor(query: &RegistrationQuery, page: &Page<RegistrationView>) -> Option<ListCursor> {
    let last = page.items.last()?;
    let shown = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
    let more = match query.after {
        // How many came before a cursor is not known: a full page may have a successor.
        Some(_) => shown == u64::from(query.limit),
        None => u64::from(query.offset).saturating_add(shown) < page.total,
    };
    let registration = &last.registration;
    more.then_some(ListCursor { created_at: registration.created_at, id: registration.id })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header;
    use actix_web::test::TestRequest;
    use registry_http_edge::query::read_query;

    use super::*;
    use crate::wire::registration_query::ListQuery;
    use crate::wire::samples;

    fn link(query: &str, shown_rows: usize, total: u64) -> String {
        let request = TestRequest::with_uri(&format!("/registrations?{query}")).to_http_request();
        let ListQuery(asked) = read_query(query).unwrap();
        let page = Page { total, items: vec![samples::pending(); shown_rows] };
        let response = shown(HttpResponse::Ok(), &request, &asked, &page, "");
        assert_eq!(response.headers().get("x-total-count").unwrap(), total.to_string().as_str());
        let link = response.headers().get(header::LINK);
        link.map_or_else(String::new, |link| link.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_page_leads_on_by_cursor_and_back_by_offset() {
        let last = samples::pending().registration;
        let cursor = cursor::encode(&ListCursor { created_at: last.created_at, id: last.id });
        assert_eq!(
            link("status=Pending&limit=2&offset=3", 2, 9),
            format!(
                "</registrations?status=Pending&limit=2&cursor={cursor}>; rel=\"next\", \
                 </registrations?status=Pending&limit=2&offset=1>; rel=\"prev\""
            )
        );
        assert!(link(&format!("limit=2&cursor={cursor}"), 2, 9).ends_with("rel=\"next\""));
    }

    #[test]
    fn the_last_page_leads_nowhere() {
        assert_eq!(link("limit=2", 2, 2), "");
        assert_eq!(link("limit=5", 0, 0), "");
    }
}
