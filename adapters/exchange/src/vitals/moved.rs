//! The servers of which there is something to tell other replicas. A server is in it once, however
//! often it moved, so that there are never more than servers.

use std::collections::HashSet;

use parking_lot::Mutex;
use registry_domain::id::ServerId;
use tokio::sync::Notify;

/// Servers whose breaker opened or closed, or that were ejected.
#[derive(Debug, Default)]
pub(super) struct Moved {
    servers: Mutex<HashSet<ServerId>>,
    wake: Notify,
}

impl Moved {
    pub(super) fn add(&self, server: ServerId) {
        self.servers.lock().insert(server);
        self.wake.notify_one();
    }

    /// Puts back what could not be told.
    pub(super) fn add_again(&self, servers: Vec<ServerId>) {
        self.servers.lock().extend(servers);
        self.wake.notify_one();
    }

    /// Some of them, which are taken out; waits until there are any. To be called by one task.
    pub(super) async fn next(&self, most: usize) -> Vec<ServerId> {
        loop {
            let some = self.take(most);
            if !some.is_empty() {
                return some;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self, most: usize) -> Vec<ServerId> {
        let mut servers = self.servers.lock();
        let some: Vec<_> = servers.iter().copied().take(most).collect();
        for server in &some {
            servers.remove(server);
        }
        some
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_moved_twice_is_told_once_and_what_could_not_be_told_again() {
        let moved = Moved::default();
        assert_eq!(moved.next(9).now_or_never(), None);
        let ids = [1, 2, 3].map(|id| ServerId(Uuid::from_u128(id)));
        ids.into_iter().chain(ids).for_each(|id| moved.add(id));
        let mut told = moved.next(2).now_or_never().unwrap();
        moved.add_again(told.drain(..1).collect());
        told.extend(moved.next(9).now_or_never().unwrap());
        told.sort_unstable();
        assert_eq!(told, ids);
        assert_eq!(moved.next(9).now_or_never(), None);
    }
}
