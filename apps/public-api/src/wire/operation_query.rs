//! Which recorded operations are asked for.

use registry_domain::field::Violation;
use registry_domain::ports::OperationQuery;
use registry_http_edge::query::Parameters;
use registry_http_edge::{Code, Place, Problem, ReadQuery};
use utoipa::IntoParams;

use crate::openapi::schemas::Id;
use crate::wire::cursor;

/// How many a page has, when nobody says so.
const DEFAULT_LIMIT: u32 = 50;
/// How many a page has at most.
const MAX_LIMIT: u32 = 200;
/// The longest text of a record, in characters.
const MAX_TEXT: usize = 100;

/// The query of GET /api/v1/audit/operations.
#[derive(Debug)]
pub(crate) struct OperationListQuery(OperationQuery);

impl ReadQuery for OperationListQuery {
    fn read(parameters: &mut Parameters) -> Self {
        let filter = filter(parameters);
        Self(OperationQuery {
            limit: parameters.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT),
            after: parameters.parsed("cursor", cursor::decode, "must come from a Link header"),
            ..filter
        })
    }
}

impl OperationListQuery {
    /// The query, if its time does not run backwards.
    pub(crate) fn checked(self) -> Result<OperationQuery, Problem> {
        forwards(self.0)
    }
}

/// The query of GET /api/v1/audit/operations/export.
#[derive(Debug)]
pub(crate) struct OperationExportQuery(OperationQuery);

impl ReadQuery for OperationExportQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self(filter(parameters))
    }
}

impl OperationExportQuery {
    /// The query, if its time does not run backwards.
    pub(crate) fn checked(self) -> Result<OperationQuery, Problem> {
        forwards(self.0)
    }
}

fn filter(parameters: &mut Parameters) -> OperationQuery {
    OperationQuery {
        user: parameters.text("user_id", MAX_TEXT),
        tenant: parameters.text("tenant_id", MAX_TEXT),
        method: parameters.text("method", MAX_TEXT),
        tool: parameters.text("tool_name", MAX_TEXT),
        server: parameters.id("server_id"),
        success: parameters.one_of("success", &[("true", true), ("false", false)]),
        from: parameters.time("from"),
        to: parameters.time("to"),
        limit: 0,
        after: None,
    }
}

fn forwards(query: OperationQuery) -> Result<OperationQuery, Problem> {
    match (query.from, query.to) {
        (Some(from), Some(to)) if to < from => {
            let violation = Violation::at("to", "date_range", "must not be before from");
            Err(Problem::new(Code::InvalidDateRange, violation.to_string())
                .naming(Place::Query, vec![violation]))
        }
        _ => Ok(query),
    }
}

/// The filter of [`OperationListQuery`] and of [`OperationExportQuery`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct OperationFilterParameters {
    /// Only what this person did, as their identity provider names them
    #[param(max_length = 100)]
    user_id: Option<String>,
    /// Only what was done by people of this tenant
    #[param(max_length = 100)]
    tenant_id: Option<String>,
    /// Only this method
    #[param(max_length = 100, example = "tools/call")]
    method: Option<String>,
    /// Only calls of this tool
    #[param(max_length = 100)]
    tool_name: Option<String>,
    /// Only what this server was asked, or was done to it
    #[param(value_type = Option<Id>)]
    server_id: Option<Id>,
    /// Only what went well (`true`), or did not
    success: Option<bool>,
    /// Not before this time
    #[param(format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Option<String>,
    /// Not after this time
    #[param(format = DateTime, example = "2036-11-01T00:00:00Z")]
    to: Option<String>,
}

/// The page of [`OperationListQuery`]; the filter is [`OperationFilterParameters`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct OperationPageParameters {
    /// How many a page has at most
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where to go on, from a `Link` header
    cursor: Option<String>,
}
