//! How many requests are worked on at a time, and how tenants share these places.
//!
//! A request has a place from when its caller is known until its answer begins. What finds none is
//! refused at once: under more load than there is strength for, answers stay as fast as they were
//! for those who are let in. Probes, metrics and pages ask for no place.
//!
//! The last quarter of the places is for parties that hold less than their share: one that is noisy
//! leaves room for one that is not, and where all are full, what ends makes room for those with
//! less. Nothing is locked and nothing allocated for it.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use registry_domain::caller::Caller;

use crate::code::Code;
use crate::problem::Problem;

/// Parties are told apart by a hash into so many counters: two that meet in one share its places.
const SLOTS: usize = 1024;
/// What is kept for those with less than their share: one of so many.
const KEPT: usize = 4;
/// When to come again: most answers take less.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const METRIC: &str = "mcp_registry_overload_refusals_total";

/// The places of one server.
#[derive(Debug)]
pub struct Admission {
    most: usize,
    server: &'static str,
    taken: AtomicUsize,
    parties: AtomicUsize,
    held: Box<[AtomicUsize]>,
    hasher: RandomState,
}

/// A place; dropping it frees it.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
    slot: usize,
}

impl Admission {
    /// So many places at a server of this name.
    pub fn new(server: &'static str, most: usize) -> Self {
        Self {
            most,
            server,
            taken: AtomicUsize::new(0),
            parties: AtomicUsize::new(0),
            held: (0..SLOTS).map(|_| AtomicUsize::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    /// A place for a caller's request: tenants share, and who has none shares as a tenant of one.
    ///
    /// # Errors
    /// 503 when there is none.
    pub fn of_caller(self: &Arc<Self>, caller: &Caller) -> Result<Place, Problem> {
        self.of_party(caller.tenant.as_ref().map_or(&*caller.subject, |tenant| tenant.as_str()))
    }

    /// A place for a stranger's request: they are one party.
    ///
    /// # Errors
    /// 503 when there is none.
    pub fn of_stranger(self: &Arc<Self>) -> Result<Place, Problem> {
        self.of_party("")
    }

    fn of_party(self: &Arc<Self>, party: &str) -> Result<Place, Problem> {
        self.enter(self.slot_of(party)).map_err(|why| {
            metrics::counter!(METRIC, "server" => self.server, "class" => why.class()).increment(1);
            Problem::new(Code::Overloaded, why.detail()).retry_after(RETRY_AFTER)
        })
    }

    fn enter(self: &Arc<Self>, slot: usize) -> Result<Place, Refused> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        let held = self.held.get(slot).map_or(0, |held| held.fetch_add(1, Ordering::Relaxed));
        if held == 0 {
            self.parties.fetch_add(1, Ordering::Relaxed);
        }
        // From here on a refusal gives back what was counted.
        let place = Place { admission: Arc::clone(self), slot };
        if taken >= self.most {
            return Err(Refused::Full);
        }
        let nearly = self.most - self.most / KEPT;
        if taken >= nearly && held >= self.share() {
            return Err(Refused::Share);
        }
        Ok(place)
    }

    /// What each party may hold when places are short: one more is always expected.
    fn share(&self) -> usize {
        (self.most / (self.parties.load(Ordering::Relaxed) + 1)).max(1)
    }

    fn slot_of(&self, party: &str) -> usize {
        let slots = u64::try_from(SLOTS).unwrap_or(1);
        usize::try_from(self.hasher.hash_one(party) % slots).unwrap_or(0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let admission = &self.admission;
        if let Some(held) = admission.held.get(self.slot)
            && held.fetch_sub(1, Ordering::Relaxed) == 1
        {
            admission.parties.fetch_sub(1, Ordering::Relaxed);
        }
        admission.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Full,
    Share,
}

impl Refused {
    const fn class(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Share => "share",
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::Full => "too many requests are being worked on, try again in a moment",
            Self::Share => {
                "too many requests are being worked on, and your tenant has its share of them, \
                 try again in a moment"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(most: usize) -> Arc<Admission> {
        Arc::new(Admission::new("test", most))
    }

    /// Enters until it is refused.
    fn fill(admission: &Arc<Admission>, slot: usize) -> Vec<Place> {
        std::iter::from_fn(|| admission.enter(slot).ok()).collect()
    }

    #[test]
    fn one_party_leaves_a_quarter_for_another() {
        let admission = of(100);
        let noisy = fill(&admission, 1);
        assert_eq!(noisy.len(), 75);
        assert_eq!(admission.enter(1).err(), Some(Refused::Share));
        assert_eq!(fill(&admission, 2).len(), 25);
    }

    #[test]
    fn what_ends_makes_room_for_the_one_with_less_until_both_have_their_share() {
        let admission = of(100);
        let mut noisy = fill(&admission, 1);
        let mut quiet = fill(&admission, 2);
        assert_eq!(admission.enter(2).err(), Some(Refused::Full));
        while quiet.len() < 33 {
            noisy.pop();
            assert_eq!(admission.enter(1).err(), Some(Refused::Share));
            quiet.push(admission.enter(2).unwrap());
        }
    }

    #[test]
    fn a_refusal_and_an_end_give_the_place_back() {
        let admission = of(4);
        for _ in 0..3 {
            let places = fill(&admission, 1);
            assert_eq!(places.len(), 3);
            assert!(admission.enter(1).is_err());
            drop(places);
            assert_eq!(admission.taken.load(Ordering::Relaxed), 0);
            assert_eq!(admission.parties.load(Ordering::Relaxed), 0);
        }
    }

    #[test]
    fn who_holds_nothing_is_let_in_however_many_there_are() {
        let admission = of(100);
        let mut places = fill(&admission, 0);
        for slot in 1..=25 {
            places.push(admission.enter(slot).unwrap());
        }
        assert_eq!(admission.enter(26).err(), Some(Refused::Full));
    }

    #[test]
    fn a_refusal_says_when_to_come_again() {
        let admission = of(1);
        let _place = admission.of_stranger().unwrap();
        let refused = admission.of_stranger().unwrap_err();
        assert_eq!(refused.code(), Code::Overloaded);
        assert_eq!(refused.code().status().as_u16(), 503);
    }
}
