//! The circuit breaker of one server: a server that failed several times in a row is left alone for
//! a while, then tried by a few calls, and used again when those went well.
//!
//! A state machine over values: time is given, nothing waits. What counts as a failure is decided
//! by whoever tells it ([`crate::manifest::FaultClass::counts_against_server`]).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ports::end_after;

/// What an operator decides about circuit breakers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Whether there are any.
    pub enabled: bool,
    /// So many failures in a row open one.
    pub failure_threshold: u32,
    /// How long it stays open.
    pub recovery: Duration,
    /// So many good trials in a row close it; no more are under way at a time.
    pub success_threshold: u32,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            failure_threshold: 5,
            recovery: Duration::from_mins(1),
            success_threshold: 3,
        }
    }
}

/// How a breaker stands; the worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// A few calls pass, to find out.
    HalfOpen,
    /// No call passes.
    Open,
}

impl BreakerState {
    /// The state as JSON and metrics spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// A call that may pass; how it ended is told with it. A trial of an earlier turn of the breaker
/// says nothing about this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// A call like any other.
    Ordinary,
    /// One of the few that find out, and in which turn of the breaker.
    Trial(u32),
}

/// A call that may not pass, and after how long it might.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// After how long to try again.
    pub retry_after: Duration,
}

/// How a call ended, as far as the breaker is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The server answered.
    Answered,
    /// It failed.
    Failed,
    /// Nobody knows: the call was given up.
    GivenUp,
}

/// What another replica says of its breaker was on its way, and so was what it said before: so much
/// sooner than ours ends, its trials may have closed it.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// While half open, how soon a refused call may try again: trials end at any moment.
const WHILE_TRYING: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: Timestamp },
    HalfOpen { under_way: u32, good: u32 },
}

/// One server's breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    phase: Phase,
    failures: u32,
    turn: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { phase: Phase::Closed, failures: 0, turn: 0 }
    }
}

impl Breaker {
    /// How it stands at `now`. One whose time is over is half open, though nobody tried yet.
    pub fn state(&self, now: Timestamp) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Failures in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether there is nothing to remember: every call passes, and a good one changes nothing.
    pub fn is_calm(&self) -> bool {
        self.failures == 0 && self.phase == Phase::Closed
    }

    /// How much longer it is open at `now`.
    pub fn open_for(&self, now: Timestamp) -> Option<Duration> {
        match self.phase {
            Phase::Open { until } if now < until => Some(left(now, until)),
            _ => None,
        }
    }

    /// Opens as another replica's did, for as long as that one says, but not longer than our own
    /// would be.
    pub fn opened_elsewhere(&mut self, policy: &BreakerPolicy, open_for: Duration, now: Timestamp) {
        let theirs = end_after(now, open_for.min(policy.recovery));
        match self.phase {
            Phase::Open { until } if until >= theirs => {}
            _ if policy.enabled => self.phase = Phase::Open { until: theirs },
            _ => {}
        }
    }

    /// Closes as another replica's did, after good trials there. One that opened meanwhile stays
    /// open. Answers whether it closed by it.
    pub fn closed_elsewhere(&mut self, now: Timestamp) -> bool {
        let is_over = self.open_for(now).is_none_or(|left| left <= ON_THE_WAY);
        let closes = self.phase != Phase::Closed && is_over;
        if closes {
            *self = Self { turn: self.turn, ..Self::default() };
        }
        closes
    }

    /// Whether a call would pass, without letting it.
    ///
    /// # Errors
    /// [`Refused`] while it is open, or enough trials are under way.
    pub fn would_pass(&self, policy: &BreakerPolicy, now: Timestamp) -> Result<(), Refused> {
        if !policy.enabled {
            return Ok(());
        }
        match self.phase {
            Phase::Open { until } if now < until => Err(Refused { retry_after: left(now, until) }),
            Phase::HalfOpen { under_way, .. } if under_way >= policy.success_threshold => {
                Err(Refused { retry_after: WHILE_TRYING })
            }
            _ => Ok(()),
        }
    }

    /// Lets a call pass.
    ///
    /// # Errors
    /// [`Refused`], as [`Breaker::would_pass`].
    pub fn pass(&mut self, policy: &BreakerPolicy, now: Timestamp) -> Result<Passage, Refused> {
        self.would_pass(policy, now)?;
        if !policy.enabled {
            return Ok(Passage::Ordinary);
        }
        if let Phase::Open { .. } = self.phase {
            self.turn = self.turn.wrapping_add(1);
            self.phase = Phase::HalfOpen { under_way: 0, good: 0 };
        }
        match &mut self.phase {
            Phase::HalfOpen { under_way, .. } => {
                *under_way = under_way.saturating_add(1);
                Ok(Passage::Trial(self.turn))
            }
            Phase::Closed | Phase::Open { .. } => Ok(Passage::Ordinary),
        }
    }

    /// Notes how a call ended that was let pass. Answers whether the breaker closed by it.
    pub fn ended(
        &mut self,
        policy: &BreakerPolicy,
        passage: Passage,
        ending: Ending,
        now: Timestamp,
    ) -> bool {
        match (passage, &mut self.phase) {
            (Passage::Ordinary, Phase::Closed) => {
                self.ordinary_ended(policy, ending, now);
                false
            }
            (Passage::Trial(turn), Phase::HalfOpen { under_way, good }) if turn == self.turn => {
                *under_way = under_way.saturating_sub(1);
                match ending {
                    Ending::GivenUp => {}
                    Ending::Failed => {
                        self.failures = self.failures.saturating_add(1);
                        self.phase = Phase::Open { until: end_after(now, policy.recovery) };
                    }
                    Ending::Answered => {
                        *good = good.saturating_add(1);
                        if *good >= policy.success_threshold {
                            *self = Self { turn: self.turn, ..Self::default() };
                            return true;
                        }
                    }
                }
                false
            }
            // A call from before the breaker changed says nothing about the server as it is now.
            _ => false,
        }
    }

    fn ordinary_ended(&mut self, policy: &BreakerPolicy, ending: Ending, now: Timestamp) {
        match ending {
            Ending::Answered => self.failures = 0,
            Ending::GivenUp => {}
            Ending::Failed => {
                self.failures = self.failures.saturating_add(1);
                if policy.enabled && self.failures >= policy.failure_threshold {
                    self.phase = Phase::Open { until: end_after(now, policy.recovery) };
                }
            }
        }
    }
}

fn left(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        enabled: true,
        failure_threshold: 3,
        recovery: Duration::from_mins(1),
        success_threshold: 2,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn call(breaker: &mut Breaker, ending: Ending, second: i64) {
        let passage = breaker.pass(&POLICY, at(second)).unwrap();
        breaker.ended(&POLICY, passage, ending, at(second));
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        (0..3).for_each(|_| call(&mut breaker, Ending::Failed, 0));
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let mut breaker = Breaker::default();
        for ending in [Ending::Failed, Ending::Failed, Ending::Answered, Ending::Failed] {
            call(&mut breaker, ending, 0);
        }
        assert_eq!((breaker.state(at(0)), breaker.failures()), (BreakerState::Closed, 1));
        call(&mut breaker, Ending::GivenUp, 0);
        call(&mut breaker, Ending::Failed, 0);
        call(&mut breaker, Ending::Failed, 0);
        assert_eq!(breaker.state(at(0)), BreakerState::Open);
    }

    #[test]
    fn an_open_one_says_after_how_long_to_try_again() {
        let mut breaker = opened();
        let refused = breaker.pass(&POLICY, at(15)).unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_secs(45));
        assert_eq!(breaker.state(at(59)), BreakerState::Open);
        assert_eq!(breaker.state(at(60)), BreakerState::HalfOpen);
    }

    #[test]
    fn after_its_time_good_trials_close_it() {
        let mut breaker = opened();
        call(&mut breaker, Ending::Answered, 60);
        assert_eq!(breaker.state(at(60)), BreakerState::HalfOpen);
        call(&mut breaker, Ending::Answered, 61);
        assert_eq!((breaker.state(at(61)), breaker.failures()), (BreakerState::Closed, 0));
        assert!(breaker.is_calm());
    }

    #[test]
    fn a_bad_trial_opens_it_again_for_the_whole_time() {
        let mut breaker = opened();
        call(&mut breaker, Ending::Failed, 70);
        assert_eq!(breaker.state(at(129)), BreakerState::Open);
        assert_eq!(breaker.state(at(130)), BreakerState::HalfOpen);
    }

    #[test]
    fn no_more_trials_are_under_way_than_are_needed_and_one_given_up_makes_room() {
        let mut breaker = opened();
        let first = breaker.pass(&POLICY, at(60)).unwrap();
        let _second = breaker.pass(&POLICY, at(60)).unwrap();
        assert!(breaker.pass(&POLICY, at(60)).is_err());
        breaker.ended(&POLICY, first, Ending::GivenUp, at(60));
        assert!(breaker.pass(&POLICY, at(60)).is_ok());
    }

    #[test]
    fn what_was_under_way_before_it_opened_changes_nothing() {
        let mut breaker = Breaker::default();
        let old = breaker.pass(&POLICY, at(0)).unwrap();
        (0..3).for_each(|_| call(&mut breaker, Ending::Failed, 0));
        breaker.ended(&POLICY, old, Ending::Answered, at(1));
        assert_eq!(breaker.state(at(1)), BreakerState::Open);
        // Nor does a trial of the turn before.
        let stale = breaker.pass(&POLICY, at(60)).unwrap();
        call(&mut breaker, Ending::Failed, 60);
        let _trial = breaker.pass(&POLICY, at(120)).unwrap();
        breaker.ended(&POLICY, stale, Ending::Failed, at(120));
        assert_eq!(breaker.state(at(120)), BreakerState::HalfOpen);
    }

    #[test]
    fn one_that_opened_elsewhere_is_open_here_and_closes_with_the_other() {
        let mut breaker = Breaker::default();
        breaker.opened_elsewhere(&POLICY, Duration::from_secs(20), at(0));
        assert_eq!(breaker.open_for(at(5)), Some(Duration::from_secs(15)));
        assert!(!breaker.closed_elsewhere(at(5)), "what is told too early is of an earlier turn");
        assert_eq!(breaker.state(at(20)), BreakerState::HalfOpen);
        // The other's trial failed: ours that is under way says nothing any more.
        let stale = breaker.pass(&POLICY, at(20)).unwrap();
        breaker.opened_elsewhere(&POLICY, Duration::from_hours(1), at(20));
        assert_eq!(breaker.open_for(at(20)), Some(POLICY.recovery), "never longer than our own");
        breaker.ended(&POLICY, stale, Ending::Answered, at(21));
        breaker.opened_elsewhere(&POLICY, Duration::from_secs(1), at(21));
        assert_eq!(breaker.state(at(79)), BreakerState::Open, "nor is it shortened");
        assert!(breaker.closed_elsewhere(at(79)));
        assert!(breaker.is_calm());
        assert!(!breaker.closed_elsewhere(at(79)));
        let off = BreakerPolicy { enabled: false, ..POLICY };
        breaker.opened_elsewhere(&off, Duration::from_secs(20), at(80));
        assert!(breaker.is_calm());
    }

    #[test]
    fn one_that_is_switched_off_lets_everything_pass() {
        let off = BreakerPolicy { enabled: false, ..POLICY };
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            let passage = breaker.pass(&off, at(0)).unwrap();
            breaker.ended(&off, passage, Ending::Failed, at(0));
        }
        assert_eq!(breaker.state(at(0)), BreakerState::Closed);
    }

    proptest! {
        #[test]
        fn whatever_happens_a_server_that_answers_again_is_used_again(
            history in prop::collection::vec((0..3_u8, 0..100_i64), 0..60),
        ) {
            let (mut breaker, mut now) = (Breaker::default(), 0);
            for (ending, seconds) in history {
                now += seconds;
                let ending = [Ending::Answered, Ending::Failed, Ending::GivenUp][usize::from(ending)];
                if let Ok(passage) = breaker.pass(&POLICY, at(now)) {
                    breaker.ended(&POLICY, passage, ending, at(now));
                }
            }
            now += 60;
            call(&mut breaker, Ending::Answered, now);
            call(&mut breaker, Ending::Answered, now);
            prop_assert!(breaker.is_calm());
        }
    }
}
