//! Who this process is to the log of operations: a chain of its own, and a new one each day.

use std::sync::Arc;

use parking_lot::Mutex;
use registry_domain::chain::{Chain, day_of};
use registry_domain::id::ChainId;
use registry_domain::ports::{Clock, Ids};

/// A writer of operations.
pub(crate) struct Writer {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Today's chain, and the one before it: that may have records without a seal still.
    chains: Mutex<(Chain, Option<Chain>)>,
}

impl Writer {
    pub(crate) fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let first = Chain::of_operations(ChainId(ids.next()), clock.now());
        Self { clock, ids, chains: Mutex::new((first, None)) }
    }

    /// Today's chain.
    pub(crate) fn chain(&self) -> Chain {
        let now = self.clock.now();
        let mut chains = self.chains.lock();
        // A clock that was put back goes on with what there is.
        if day_of(now) > chains.0.day {
            let next = Chain::of_operations(ChainId(self.ids.next()), now);
            *chains = (next, Some(chains.0));
        }
        chains.0
    }

    /// The chains that may have records without a seal.
    pub(crate) fn chains(&self) -> Vec<Chain> {
        let (today, before) = *self.chains.lock();
        before.into_iter().chain([today]).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::clock::TimeOrderedIds;

    struct Set(Mutex<Timestamp>);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            *self.0.lock()
        }
    }

    #[test]
    fn each_day_has_a_chain_of_its_own() {
        let clock = Arc::new(Set(Mutex::new(Timestamp::UNIX_EPOCH)));
        let writer = Writer::new(clock.clone(), Arc::new(TimeOrderedIds));
        let first = writer.chain();
        assert_ne!(first.id.0, Uuid::nil());
        assert_eq!((writer.chain(), writer.chains()), (first, vec![first]));
        *clock.0.lock() += Duration::from_hours(24);
        let second = writer.chain();
        assert!(second.id != first.id && second.day == first.day.tomorrow().unwrap());
        assert_eq!(writer.chains(), [first, second]);
        *clock.0.lock() -= Duration::from_hours(1);
        assert_eq!(writer.chain(), second, "a day does not come back");
    }
}
