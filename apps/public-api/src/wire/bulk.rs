//! Many servers in one request: what comes in, and what became of each.

use crate::openapi::schemas::Id;
use crate::wire::server_draft::ServerBody;
use registry_domain::field::Violation;
use registry_domain::id::ServerId;
use registry_domain::ports::{Atomicity, DiscoveryState, Include, ServerView};
use registry_http_edge::fields::Fields;
use registry_http_edge::problem::Brief;
use registry_http_edge::query::Parameters;
use registry_http_edge::{Place, Problem, ReadBody, ReadQuery};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::import::{MAX_BYTES, MAX_ROWS, Row, row};
use crate::wire::server::ServerResponse;

/// The member that holds the servers, as errors name it.
pub(crate) const MEMBER: &str = "servers";

/// The body of the bulk endpoint: an object, or the list alone.
#[derive(Debug)]
pub(crate) struct BulkRequest {
    /// The servers, each an object or what is wrong with it.
    pub(crate) rows: Vec<Row>,
    /// Whether it is all or nothing.
    atomic: bool,
}

impl ReadBody for BulkRequest {
    const MAX_BYTES: Option<usize> = Some(MAX_BYTES);

    fn read_list(items: Vec<Value>) -> Result<Self, Problem> {
        match check_count(items.len()) {
            Ok(()) => Ok(Self::of(items, false)),
            Err(violation) => Err(Problem::invalid(Place::Body, vec![violation])),
        }
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        let items = match fields.optional_value(MEMBER) {
            Some(Value::Array(items)) => items,
            Some(_) => {
                fields.note(Violation::at(MEMBER, "list_type", "must be a list"));
                return None;
            }
            None => {
                fields.note(Violation::at(MEMBER, "missing", "is required"));
                return None;
            }
        };
        if let Err(violation) = check_count(items.len()) {
            fields.note(violation);
            return None;
        }
        Some(Self::of(items, fields.optional_flag("atomic").unwrap_or(false)))
    }
}

impl BulkRequest {
    /// Whether it is all or nothing, as body or query say.
    pub(crate) fn atomicity(&self, query: &BulkQuery) -> Atomicity {
        if self.atomic || query.atomic { Atomicity::AllOrNothing } else { Atomicity::PerItem }
    }

    fn of(items: Vec<Value>, atomic: bool) -> Self {
        Self { rows: items.into_iter().map(row).collect(), atomic }
    }
}

fn check_count(count: usize) -> Result<(), Violation> {
    match count {
        0 => Err(Violation::at(MEMBER, "too_short", "must have at least one server")),
        1..=MAX_ROWS => Ok(()),
        _ => {
            let message = format!("must have at most {MAX_ROWS} servers");
            Err(Violation::at(MEMBER, "too_long", message))
        }
    }
}

/// The query of the bulk endpoint.
#[derive(Debug)]
pub(crate) struct BulkQuery {
    /// Whether it is all or nothing; the body may say so too.
    atomic: bool,
}

impl ReadQuery for BulkQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self { atomic: parameters.flag("atomic") }
    }
}

/// What became of one.
pub(crate) enum Fate {
    /// It is listed.
    Listed(Box<Shown>),
    /// Another content was written over it.
    Replaced(Box<Shown>),
    /// It would be listed (`None`), or replaced, if this were no trial.
    Tried(Option<ServerId>),
    /// There is one of its name already, and that is left as it is.
    Skipped(ServerId),
    /// It is not.
    Refused(Problem),
    /// It is not either, because another one was refused.
    Undone,
}

/// A server that was written, and how far reading what it offers has come.
pub(crate) type Shown = (ServerView, DiscoveryState);

impl Fate {
    /// Why it is not.
    pub(crate) fn into_problem(self) -> Option<Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}

/// What became of many.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "total": 2, "succeeded": 1, "failed": 1,
    "results": [
        {"index": 0, "status": 201, "id": "00000000-0000-4000-8000-000000000001"},
        {"index": 1, "status": 409, "error": {
            "error": "SERVER_NAME_CONFLICT", "message": "The name is taken", "details": null,
        }},
    ],
}))]
pub(crate) struct BulkReport<'a> {
    total: usize,
    succeeded: usize,
    failed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    results: Vec<ItemReport<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BulkItem)]
struct ItemReport<'a> {
    index: usize,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    id: Option<ServerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    error: Option<Brief<'a>>,
}

impl<'a> BulkReport<'a> {
    /// The report, in the order of the request.
    pub(crate) fn of(fates: &'a [Fate], dry_run: Option<bool>, gateway_base_url: &str) -> Self {
        let results: Vec<ItemReport<'a>> = fates
            .iter()
            .enumerate()
            .map(|(index, fate)| ItemReport::of(index, fate, gateway_base_url))
            .collect();
        let failed = results.iter().filter(|result| result.error.is_some()).count();
        let total = results.len();
        Self { total, succeeded: total.saturating_sub(failed), failed, dry_run, results }
    }

    /// Whether any failed.
    pub(crate) fn is_mixed(&self) -> bool {
        self.failed > 0
    }
}

impl<'a> ItemReport<'a> {
    fn of(index: usize, fate: &'a Fate, gateway_base_url: &str) -> Self {
        let bare = Self { index, status: 200, id: None, skipped: None, server: None, error: None };
        let shown = |written: &'a Shown| {
            let (view, state) = written;
            let server = ServerResponse::of(view, Include::default(), gateway_base_url);
            (Some(view.id), Some(server.with_discovery(*state)))
        };
        match fate {
            Fate::Listed(written) => {
                let (id, server) = shown(written);
                Self { status: 201, id, server, ..bare }
            }
            Fate::Replaced(written) => {
                let (id, server) = shown(written);
                Self { id, server, ..bare }
            }
            Fate::Tried(None) => Self { status: 201, ..bare },
            Fate::Tried(id) => Self { id: *id, ..bare },
            Fate::Skipped(id) => Self { id: Some(*id), skipped: Some(true), ..bare },
            // Only where all is undone: that is told as one problem, and never in a report.
            Fate::Undone => bare,
            Fate::Refused(problem) => Self {
                status: problem.code().status().as_u16(),
                error: Some(problem.in_short()),
                ..bare
            },
        }
    }
}

/// Many servers. To replace, each has its `id` too.
#[derive(ToSchema)]
#[schema(as = ServerBatch)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct BulkBody {
    /// At most 1000.
    #[schema(min_items = 1, max_items = 1000)]
    servers: Vec<ServerBody>,
    /// All or none.
    #[schema(example = false)]
    atomic: Option<bool>,
}
