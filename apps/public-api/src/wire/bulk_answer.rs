//! From many rows to one answer: those that could be read go on, the others keep their place.

use actix_web::HttpResponse;
use registry_domain::field::Violation;
use registry_domain::ports::{Atomicity, Include, ServerView};
use registry_domain::use_cases::{BulkItem, ImportItem, Listed};
use registry_http_edge::{Place, Problem};
use serde_json::{Map, Value};

use crate::import::Row;
use crate::wire::bulk::{BulkReport, Fate, MEMBER, Shown};

/// What writing one of many means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It is new.
    Listed,
    /// It was there.
    Replaced,
}

/// The rows of a request by their places: what was wrong with one, or nothing, and it went on.
pub(crate) struct Batch {
    places: Vec<Option<Vec<Violation>>>,
}

impl Batch {
    /// Reads each row by itself. Where it is all or nothing, one bad row leaves nothing to go on
    /// with; whether the caller may do this at all is asked all the same.
    pub(crate) fn read<T>(
        rows: Vec<Row>,
        read: impl Fn(Map<String, Value>) -> Result<T, Vec<Violation>>,
        atomicity: Atomicity,
    ) -> (Self, Vec<T>) {
        let mut good = Vec::with_capacity(rows.len());
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            places.push(match row.and_then(&read) {
                Ok(item) => {
                    good.push(item);
                    None
                }
                Err(violations) => Some(violations),
            });
        }
        if atomicity == Atomicity::AllOrNothing && places.iter().any(Option::is_some) {
            good.clear();
        }
        (Self { places }, good)
    }

    /// The answer to a batch of writes: a report, or where it was all or nothing and nothing came
    /// of it, the first reason.
    pub(crate) fn answer(
        self,
        items: Vec<BulkItem>,
        done: Done,
        atomicity: Atomicity,
        gateway_base_url: &str,
    ) -> Result<HttpResponse, Problem> {
        let fates = self.fates(items, |item| match item {
            BulkItem::Done(listed) => match done {
                Done::Listed => Fate::Listed(view(&listed)),
                Done::Replaced => Fate::Replaced(view(&listed)),
            },
            BulkItem::Failed(error) => Fate::Refused(error.into()),
            BulkItem::Undone => Fate::Undone,
        });
        let is_whole = fates.iter().all(|fate| matches!(fate, Fate::Listed(_) | Fate::Replaced(_)));
        if atomicity == Atomicity::AllOrNothing && !is_whole {
            let reason = fates.into_iter().find_map(Fate::into_problem);
            return Err(reason.unwrap_or_else(Problem::internal));
        }
        Ok(reported(&fates, None, gateway_base_url))
    }

    /// The answer to an import.
    pub(crate) fn answer_import(
        self,
        items: Vec<ImportItem>,
        dry_run: bool,
        gateway_base_url: &str,
    ) -> HttpResponse {
        let fates = self.fates(items, |item| match item {
            ImportItem::Listed(listed) => Fate::Listed(view(&listed)),
            ImportItem::Replaced(listed) => Fate::Replaced(view(&listed)),
            ImportItem::WouldList => Fate::Tried(None),
            ImportItem::WouldReplace(id) => Fate::Tried(Some(id)),
            ImportItem::Skipped(id) => Fate::Skipped(id),
            ImportItem::Failed(error) => Fate::Refused(error.into()),
        });
        reported(&fates, Some(dry_run), gateway_base_url)
    }

    /// What became of each row, in the order of the request.
    fn fates<T>(self, items: Vec<T>, fate_of: impl Fn(T) -> Fate) -> Vec<Fate> {
        let mut items = items.into_iter();
        let fate = |(index, wrong): (usize, Option<Vec<Violation>>)| {
            let fate = match wrong {
                Some(violations) => Fate::Refused(Problem::invalid(Place::Body, violations)),
                None => items.next().map_or(Fate::Undone, &fate_of),
            };
            match fate {
                Fate::Refused(problem) => Fate::Refused(problem.of_item(MEMBER, index)),
                fate => fate,
            }
        };
        self.places.into_iter().enumerate().map(fate).collect()
    }
}

fn view(listed: &Listed) -> Box<Shown> {
    Box::new((ServerView::of(&listed.server, Include::default()), listed.discovery))
}

fn reported(fates: &[Fate], dry_run: Option<bool>, gateway_base_url: &str) -> HttpResponse {
    let report = BulkReport::of(fates, dry_run, gateway_base_url);
    let mut response =
        if report.is_mixed() { HttpResponse::MultiStatus() } else { HttpResponse::Ok() };
    response.json(report)
}
