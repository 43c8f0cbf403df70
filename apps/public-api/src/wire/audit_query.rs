//! Which audit rows are asked for.

use registry_domain::event::AuditAction;
use registry_domain::field::Violation;
use registry_domain::ports::AuditQuery;
use registry_http_edge::query::Parameters;
use registry_http_edge::{Code, Place, Problem, ReadQuery};
use utoipa::IntoParams;

use crate::openapi::schemas::{ActionWord, Id};

/// How many a page has, when nobody says so.
const DEFAULT_LIMIT: u32 = 50;
/// How many a page has at most.
const MAX_LIMIT: u32 = 200;

/// The query of GET /audit-logs.
#[derive(Debug)]
pub(crate) struct AuditLogQuery(AuditQuery);

impl ReadQuery for AuditLogQuery {
    fn read(parameters: &mut Parameters) -> Self {
        let actions = AuditAction::ALL.map(|action| (action.as_str(), action));
        Self(AuditQuery {
            registration: parameters.id("registration_id"),
            user: parameters.id("user_id"),
            action: parameters.one_of("action", &actions),
            from: parameters.time("from"),
            to: parameters.time("to"),
            limit: parameters.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT),
            offset: parameters.number("offset", 0..=u32::MAX, 0),
        })
    }
}

impl AuditLogQuery {
    /// The query, if its time does not run backwards.
    pub(crate) fn checked(self) -> Result<AuditQuery, Problem> {
        match (self.0.from, self.0.to) {
            (Some(from), Some(to)) if to < from => {
                let violation = Violation::at("to", "date_range", "must not be before from");
                Err(Problem::new(Code::InvalidDateRange, violation.to_string())
                    .naming(Place::Query, vec![violation]))
            }
            _ => Ok(self.0),
        }
    }
}

/// What [`AuditLogQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct AuditLogParameters {
    /// Only what was done to this registration
    #[param(value_type = Option<Id>)]
    registration_id: Option<Id>,
    /// Only what this person did
    #[param(value_type = Option<Id>)]
    user_id: Option<Id>,
    /// Only this
    #[param(value_type = Option<ActionWord>, inline)]
    action: Option<String>,
    /// Not before this time
    #[param(format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Option<String>,
    /// Not after this time
    #[param(format = DateTime, example = "2036-11-01T00:00:00Z")]
    to: Option<String>,
    /// How many a page has at most
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// How many to pass over
    #[param(minimum = 0, default = 0)]
    offset: Option<u32>,
}

#[cfg(test)]
mod tests {
    use registry_http_edge::query::read_query;

    use super::*;

    fn read(query: &str) -> Result<AuditQuery, Code> {
        read_query(query).and_then(AuditLogQuery::checked).map_err(|problem| problem.code())
    }

    #[test]
    fn filters_are_read_together() {
        let query = read(
            "registration_id=00000000-0000-0000-0000-000000000001&action=approved\
             &from=2026-01-01T00:00:00Z&to=2026-01-01T02:00:00+02:00&limit=200",
        )
        .unwrap();
        assert_eq!(query.action, Some(AuditAction::Approved));
        assert_eq!(query.from, query.to);
        assert_eq!((query.limit, query.offset), (200, 0));
        assert_eq!(read("").unwrap().limit, 50);
    }

    #[test]
    fn time_that_runs_backwards_is_400_and_no_time_at_all_is_422() {
        let backwards = "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
        assert_eq!(read(backwards).err(), Some(Code::InvalidDateRange));
        let for_ever = read("to=9999-12-31T23:59:59Z").unwrap();
        assert!(for_ever.to.is_some());
        for bad in [
            "from=-005000-01-01T00:00:00Z",
            "to=9999-12-32T00:00:00Z",
            "from=yesterday",
            "to=2026-01-01",
            "limit=201",
            "action=Seen",
            "user_id=1",
        ] {
            assert_eq!(read(bad).err(), Some(Code::ValidationError), "{bad}");
        }
    }
}
