//! The envelope of every list.

use registry_domain::ports::Page;
use serde::Serialize;
use utoipa::ToSchema;

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
