//! The envelope of every list, and lists that are paged by offset.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use registry_domain::ports::Page;
use registry_http_edge::ReadQuery;
use registry_http_edge::links::{Neighbour, describe_page};
use registry_http_edge::query::Parameters;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// How many a page of a registration's own has, when nobody says so.
const DEFAULT_LIMIT: u32 = 20;
/// How many such a page has at most.
const MAX_LIMIT: u32 = 100;

/// How many are asked for, after how many.
#[derive(Debug)]
pub(crate) struct PageQuery(pub(crate) (u32, u32));

impl ReadQuery for PageQuery {
    fn read(parameters: &mut Parameters) -> Self {
        let limit = parameters.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT);
        Self((limit, parameters.number("offset", 0..=u32::MAX, 0)))
    }
}

/// A page with what is needed to ask for the next.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListResponse<T> {
    /// How many there are on all pages.
    #[schema(example = 41)]
    total: u64,
    /// How many a page has at most.
    #[schema(example = 20)]
    limit: u32,
    /// How many were passed over.
    #[schema(example = 0)]
    offset: u32,
    results: Vec<T>,
}

impl<T> ListResponse<T> {
    /// A page of `items`, each in its shape.
    pub(crate) fn of<'a, I>(
        page: &'a Page<I>,
        (limit, offset): (u32, u32),
        shape: impl Fn(&'a I) -> T,
    ) -> Self {
        Self { total: page.total, limit, offset, results: page.items.iter().map(shape).collect() }
    }
}

/// A page as an answer; its neighbours are reached by offset.
pub(crate) fn shown<'a, I, T: Serialize>(
    mut response: HttpResponseBuilder,
    request: &HttpRequest,
    (limit, offset): (u32, u32),
    page: &'a Page<I>,
    shape: impl Fn(&'a I) -> T,
) -> HttpResponse {
    let after = offset.saturating_add(limit);
    let to = |offset: u32| [("offset", Some(offset.to_string()))];
    let (next, prev) = (to(after), to(offset.saturating_sub(limit)));
    let mut neighbours = Vec::new();
    if u64::from(after) < page.total {
        neighbours.push(Neighbour { relation: "next", changes: &next });
    }
    if offset > 0 {
        neighbours.push(Neighbour { relation: "prev", changes: &prev });
    }
    describe_page(&mut response, request, page.total, &neighbours);
    response.json(ListResponse::of(page, (limit, offset), shape))
}

/// What [`PageQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct PageParameters {
    /// How many a page has at most
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// How many to pass over
    #[param(minimum = 0, default = 0)]
    offset: Option<u32>,
}
