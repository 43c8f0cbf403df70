//! Which registrations are asked for.

use registry_domain::caller::TenantScope;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::field::Violation;
use registry_domain::ports::{Order, RegistrationQuery};
use registry_domain::registration::RegistrationStatus;
use registry_http_edge::ReadQuery;
use registry_http_edge::query::Parameters;
use utoipa::IntoParams;

use crate::openapi::schemas::{Id, OrderWord, StatusWord};
use crate::wire::cursor;

/// How many a page has, when nobody says so.
const DEFAULT_LIMIT: u32 = 20;
/// How many a page has at most.
const MAX_LIMIT: u32 = 1000;
/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 255;

/// The query of GET /registrations and GET /registrations/my.
#[derive(Debug)]
pub(crate) struct ListQuery(pub(crate) RegistrationQuery);

impl ReadQuery for ListQuery {
    fn read(parameters: &mut Parameters) -> Self {
        use RegistrationStatus::{Approved, Pending, Rejected};
        let statuses = [Pending, Approved, Rejected].map(|status| (status.as_str(), status));
        let orders = [("desc", Order::NewestFirst), ("asc", Order::OldestFirst)];
        let query = RegistrationQuery {
            tenant: TenantScope::All,
            status: parameters.one_of("status", &statuses),
            submitter: parameters.id("submitter_id"),
            search: parameters.text("search", MAX_SEARCH),
            order: parameters.one_of("order", &orders).unwrap_or_default(),
            limit: parameters.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT),
            offset: parameters.number("offset", 0..=u32::MAX, 0),
            after: parameters.parsed("cursor", cursor::decode, "must come from a Link header"),
        };
        if query.after.is_some() && query.offset > 0 {
            parameters.note(Violation::at("offset", "conflict", "goes not together with cursor"));
        }
        Self(query)
    }
}

/// The query of GET /registrations/by-url.
#[derive(Debug)]
pub(crate) struct UrlQuery(pub(crate) String);

impl ReadQuery for UrlQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self(parameters.required_text("endpoint_url", EndpointUrl::MAX_CHARS))
    }
}

/// What [`ListQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ListParameters {
    /// Only those that are this
    #[param(value_type = Option<StatusWord>, inline)]
    status: Option<String>,
    /// Only those of this person
    #[param(value_type = Option<Id>)]
    submitter_id: Option<Id>,
    /// Only those with this text in name, contact or description, whatever the case
    #[param(max_length = 255)]
    search: Option<String>,
    /// Newest first (`desc`), or oldest first
    #[param(value_type = Option<OrderWord>, inline)]
    order: Option<String>,
    /// How many a page has at most
    #[param(minimum = 1, maximum = 1000, default = 20)]
    limit: Option<u32>,
    /// How many to pass over; not together with `cursor`
    #[param(minimum = 0, default = 0)]
    offset: Option<u32>,
    /// Where to go on, from a `Link` header
    cursor: Option<String>,
}

/// What [`UrlQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct UrlParameters {
    /// The address, as it was submitted
    #[param(min_length = 1, max_length = 2048, example = "https://mcp.example.com/mcp")]
    endpoint_url: String,
}

#[cfg(test)]
mod tests {
    use registry_http_edge::Code;
    use registry_http_edge::query::read_query;

    use super::*;

    fn read(query: &str) -> Result<RegistrationQuery, Code> {
        read_query(query).map(|ListQuery(query)| query).map_err(|problem| problem.code())
    }

    #[test]
    fn without_parameters_the_newest_twenty_are_asked_for() {
        let query = read("").unwrap();
        assert_eq!((query.limit, query.offset, query.order), (20, 0, Order::NewestFirst));
        assert!(query.status.is_none() && query.search.is_none() && query.after.is_none());
    }

    #[test]
    fn filters_are_read_together() {
        let query = read(
            "status=pending&search=100%25_sure&order=ASC&limit=1000&offset=5\
             &submitter_id=00000000-0000-0000-0000-000000000009&unknown=1",
        )
        .unwrap();
        assert_eq!(query.status, Some(RegistrationStatus::Pending));
        assert_eq!(query.search.as_deref(), Some("100%_sure"));
        assert_eq!((query.limit, query.offset, query.order), (1000, 5, Order::OldestFirst));
        assert!(query.submitter.is_some());
    }

    #[test]
    fn what_breaks_a_rule_is_422() {
        let long = format!("search={}", "x".repeat(256));
        for bad in [
            "limit=0",
            "limit=1001",
            "limit=ten",
            "offset=-1",
            "offset=99999999999",
            "status=done",
            "status=",
            "order=up",
            "submitter_id=me",
            "cursor=abc",
            "search=a%00",
            &long,
        ] {
            assert_eq!(read(bad).err(), Some(Code::ValidationError), "{bad}");
        }
    }

    #[test]
    fn an_address_to_look_for_must_be_there() {
        let read = |query| read_query(query).map(|UrlQuery(url)| url).map_err(|wrong| wrong.code());
        assert_eq!(
            read("endpoint_url=https%3A%2F%2Fa.example%2Fmcp"),
            Ok("https://a.example/mcp".into())
        );
        assert_eq!(read(""), Err(Code::ValidationError));
        assert_eq!(read("endpoint_url="), Err(Code::ValidationError));
    }
}
