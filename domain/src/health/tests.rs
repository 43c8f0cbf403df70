//! Behaviours of probing, and properties of the times at which it happens.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const TWO_AND_ONE: Thresholds = Thresholds { unhealthy: 2, healthy: 1 };
const DOWN: Verdict = Verdict::Failing(FaultClass::Unreachable);

fn statuses(from: HealthStatus, thresholds: Thresholds, found: &[Verdict]) -> Vec<HealthStatus> {
    let mut condition = Condition { status: from, streak: 0 };
    found
        .iter()
        .map(|verdict| {
            condition = condition.after(*verdict, thresholds);
            condition.status
        })
        .collect()
}

#[test]
fn one_failure_between_answers_moves_nothing_and_two_in_a_row_do() {
    use HealthStatus::{Healthy, Unhealthy, Unknown};
    let found = [Verdict::Alive, DOWN, Verdict::Alive, DOWN, DOWN, DOWN, Verdict::Alive];
    assert_eq!(
        statuses(Unknown, TWO_AND_ONE, &found),
        [Healthy, Healthy, Healthy, Healthy, Unhealthy, Unhealthy, Healthy]
    );
    assert_eq!(statuses(Unknown, TWO_AND_ONE, &[DOWN, DOWN]), [Unknown, Unhealthy]);
}

#[test]
fn what_is_down_comes_up_after_so_many_answers_in_a_row() {
    use HealthStatus::{Healthy, Unhealthy};
    let thresholds = Thresholds { unhealthy: 1, healthy: 3 };
    let alive = Verdict::Alive;
    assert_eq!(
        statuses(Unhealthy, thresholds, &[alive, alive, DOWN, alive, alive, alive]),
        [Unhealthy, Unhealthy, Unhealthy, Unhealthy, Unhealthy, Healthy]
    );
}

#[test]
fn what_wants_credentials_is_degraded_at_once_and_healthy_again_at_once() {
    use HealthStatus::{Degraded, Healthy};
    let thresholds = Thresholds { unhealthy: 2, healthy: 3 };
    let found = [Verdict::NeedsAuthorization, Verdict::Alive];
    assert_eq!(statuses(Healthy, thresholds, &found), [Degraded, Healthy]);
}

#[test]
fn each_class_of_fault_is_a_failure_but_the_demand_for_credentials() {
    for class in [
        FaultClass::Unreachable,
        FaultClass::AddressForbidden,
        FaultClass::Timeout,
        FaultClass::TlsFailed,
        FaultClass::NotMcp,
        FaultClass::WrongTransport,
        FaultClass::ServerError,
        FaultClass::ProtocolViolation,
    ] {
        assert_eq!(Verdict::of(Some(class)), Verdict::Failing(class));
    }
    let wants = Some(FaultClass::AuthorizationRequired);
    assert_eq!(Verdict::of(wants), Verdict::NeedsAuthorization);
    assert_eq!(Verdict::of(None), Verdict::Alive);
}

#[test]
fn maintenance_is_an_operators_word() {
    let found = [Verdict::Alive, DOWN, DOWN, DOWN];
    let said = statuses(HealthStatus::Maintenance, TWO_AND_ONE, &found);
    assert_eq!(said, [HealthStatus::Maintenance; 4]);
}

fn watched(next_probe_at: Timestamp, compared_at: Option<Timestamp>) -> Watched {
    Watched {
        server: ServerId(Uuid::nil()),
        tenant: None,
        registration: None,
        endpoint: EndpointUrl::parse("http://127.0.0.1:1/mcp").unwrap(),
        condition: Condition { status: HealthStatus::Unknown, streak: 0 },
        next_probe_at,
        compared_at,
    }
}

#[test]
fn a_plan_of_another_setting_does_not_keep_a_server_waiting() {
    let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
    let interval = Duration::from_secs(30);
    let due = |text: &str| watched(text.parse().unwrap(), None).is_due(now, interval);
    assert!(due("1970-01-01T00:00:00Z"));
    assert!(due("2026-11-21T10:00:00Z"));
    assert!(!due("2026-11-21T10:00:45Z"));
    assert!(due("2026-11-21T10:50:00Z"));
}

#[test]
fn what_a_server_offers_is_compared_at_first_and_once_per_interval() {
    let now: Timestamp = "2026-11-21T10:05:00Z".parse().unwrap();
    let interval = Duration::from_mins(5);
    assert!(watched(now, None).is_to_be_compared(now, interval));
    let at =
        |text: &str| watched(now, Some(text.parse().unwrap())).is_to_be_compared(now, interval);
    assert!(at("2026-11-21T10:00:00Z"));
    assert!(!at("2026-11-21T10:00:01Z"));
}

proptest! {
    #[test]
    fn the_next_probe_is_between_half_and_one_and_a_half_intervals_away(
        id in any::<u128>(),
        seconds in 1_u64..=3600,
        at in 0_i64..4_000_000_000_000_000,
    ) {
        let (server, interval) = (ServerId(Uuid::from_u128(id)), Duration::from_secs(seconds));
        let at = Timestamp::from_microsecond(at).unwrap();
        let wait = next_probe(server, interval, at).duration_since(at);
        let interval = SignedDuration::try_from(interval).unwrap();
        prop_assert!(wait >= interval / 2 && wait <= interval / 2 + interval, "{wait:?}");
    }

    #[test]
    fn who_probes_a_little_late_comes_to_the_same_places(
        id in any::<u128>(),
        seconds in 1_u64..=3600,
        at in 0_i64..4_000_000_000_000_000,
        late_percent in 0_u32..49,
    ) {
        let (server, interval) = (ServerId(Uuid::from_u128(id)), Duration::from_secs(seconds));
        let at = Timestamp::from_microsecond(at).unwrap();
        let first = next_probe(server, interval, at);
        let late = first + SignedDuration::try_from(interval * late_percent / 100).unwrap();
        let second = next_probe(server, interval, late);
        prop_assert_eq!(second.duration_since(first), SignedDuration::try_from(interval).unwrap());
    }

    #[test]
    fn a_streak_counts_findings_of_one_kind(alive in proptest::collection::vec(any::<bool>(), 1..50)) {
        let mut condition = Condition { status: HealthStatus::Unknown, streak: 0 };
        for is_alive in &alive {
            let verdict = if *is_alive { Verdict::Alive } else { DOWN };
            condition = condition.after(verdict, TWO_AND_ONE);
        }
        let last = *alive.last().unwrap();
        let run = alive.iter().rev().take_while(|is_alive| **is_alive == last).count();
        prop_assert_eq!(usize::try_from(condition.streak.unsigned_abs()).unwrap(), run);
        prop_assert_eq!(condition.streak > 0, last);
    }
}

#[test]
fn servers_of_one_import_are_spread_over_the_interval() {
    let interval = Duration::from_secs(10);
    let at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
    let mut per_second = [0_u32; 20];
    for number in 0..1000_u128 {
        let server = ServerId(Uuid::from_u128((0x0190_0000_0000_7000 << 64) | number));
        let wait = next_probe(server, interval, at).duration_since(at).as_secs();
        per_second[usize::try_from(wait).unwrap()] += 1;
    }
    let busiest = per_second.iter().max().unwrap();
    assert!(*busiest < 200, "{per_second:?}");
}
