//! Many writes at once, in and out of outages of PostgreSQL.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use registry_testkit::eventually;

use crate::support::Stores;

/// How often the database goes away.
pub const OUTAGES: usize = 4;

/// So many are accepted between two outages, and refused in each.
pub const EACH_TIME: usize = 15;

/// How far the burst is.
#[derive(Default)]
pub struct Burst {
    pub accepted: AtomicUsize,
    pub refused: AtomicUsize,
    /// Told to its clients.
    pub over: AtomicBool,
}

impl Burst {
    /// Outages, each in the middle of it; the database is back when this returns.
    pub async fn is_disturbed(&self, stores: &Stores) {
        for outage in 0..OUTAGES {
            self.more("accepted", &self.accepted).await;
            if outage % 2 == 0 {
                // What the database answers while it is looked at directly gets lost: commits, too.
                stores.to_postgres.stall();
                stores.number("SELECT count(*) FROM registrations").await;
            }
            stores.to_postgres.cut();
            self.more("refused", &self.refused).await;
            stores.to_postgres.restore();
        }
        self.more("accepted", &self.accepted).await;
    }

    /// Waits for so many more.
    async fn more(&self, what: &str, of: &AtomicUsize) {
        let before = of.load(Ordering::Relaxed);
        eventually(&format!("more are {what}"), async || {
            (of.load(Ordering::Relaxed) >= before + EACH_TIME).then_some(())
        })
        .await;
    }
}
