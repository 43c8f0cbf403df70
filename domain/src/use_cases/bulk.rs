//! Many servers in one write: what becomes of each.

use crate::change::Change;
use crate::error::Error;
use crate::field::Violation;
use crate::ports::{Atomicity, BatchItem, DiscoveryState, RegistryPorts};
use crate::server::Server;

use super::Listed;
use super::server_writing::unwritten;

/// The most servers of one write.
const MOST: usize = 1000;

/// What became of one server of many.
#[derive(Debug)]
pub enum BulkItem {
    /// It is written.
    Done(Box<Listed>),
    /// It is not, for this reason.
    Failed(Error),
    /// Nothing is wrong with it, but another one failed and all was to be written or nothing.
    Undone,
}

/// Refuses more than may be written at once.
pub(super) fn bounded(count: usize) -> Result<(), Error> {
    if count > MOST {
        let rule = "must be at most 1000 servers";
        return Err(Error::Invalid(vec![Violation::at("servers", "too_long", rule)]));
    }
    Ok(())
}

/// One item on its way: decided, or answered already.
pub(super) type Decided = Result<(Change<Server>, DiscoveryState), Error>;

/// Writes what was decided in one port call, in the order of the items.
pub(super) async fn commit(
    ports: &RegistryPorts,
    decided: Vec<Decided>,
    atomicity: Atomicity,
) -> Result<Vec<BulkItem>, Error> {
    if atomicity == Atomicity::AllOrNothing && decided.iter().any(Result::is_err) {
        return Ok(decided
            .into_iter()
            .map(|item| item.map_or_else(BulkItem::Failed, |_| BulkItem::Undone))
            .collect());
    }
    let changes: Vec<Change<Server>> =
        decided.iter().flatten().map(|(change, _)| change.clone()).collect();
    let mut written = match changes.as_slice() {
        [] => Vec::new(),
        changes => ports.servers.commit_batch(changes, atomicity).await?,
    }
    .into_iter();
    Ok(decided
        .into_iter()
        .map(|item| match item {
            Err(error) => BulkItem::Failed(error),
            Ok((change, discovery)) => match written.next() {
                Some(BatchItem::Written) => {
                    BulkItem::Done(Box::new(Listed { server: change.next, discovery }))
                }
                Some(BatchItem::Refused(error)) => BulkItem::Failed(unwritten(&change.next, error)),
                Some(BatchItem::Undone) | None => BulkItem::Undone,
            },
        })
        .collect())
}
