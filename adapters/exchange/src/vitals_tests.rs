//! What calls leave behind of a server.

use registry_domain::event::EventSeq;
use uuid::Uuid;

use super::*;

const ID: ServerId = ServerId(Uuid::from_u128(1));

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn table() -> RoutingTable {
    RoutingTable::of(&[], EventSeq(0))
}

fn call(vitals: &Vitals, ending: Ending, second: i64) {
    let server = vitals.of(ID, &table());
    let attempt = Attempt::begin(server, &vitals.policies, at(second)).unwrap();
    attempt.end(ending, at(second));
}

#[test]
fn calls_are_counted_by_how_they_ended_and_while_they_last() {
    let vitals = Vitals::new(BreakerPolicy::default());
    assert_eq!(vitals.look(ID, at(0)), None);
    call(&vitals, Ending::Answered, 1);
    call(&vitals, Ending::Failed, 2);
    call(&vitals, Ending::GivenUp, 3);
    let running = Attempt::begin(vitals.of(ID, &table()), &vitals.policies, at(4)).unwrap();
    let seen = vitals.look(ID, at(4)).unwrap();
    assert_eq!((seen.answered, seen.failed, seen.in_flight), (1, 1, 1));
    assert_eq!((seen.failures_in_a_row, seen.last), (1, Some(at(3))));
    drop(running);
    assert_eq!(vitals.look(ID, at(4)).unwrap().in_flight, 0);
}

#[test]
fn an_open_breaker_refuses_and_good_trials_bring_the_server_back_slowly() {
    let vitals = Vitals::new(BreakerPolicy::default());
    (0..5).for_each(|_| call(&vitals, Ending::Failed, 0));
    assert_eq!(vitals.look(ID, at(1)).unwrap().breaker, BreakerState::Open);
    assert!(Attempt::begin(vitals.of(ID, &table()), &vitals.policies, at(1)).is_err());
    (0..3).for_each(|_| call(&vitals, Ending::Answered, 60));
    assert_eq!(vitals.look(ID, at(60)).unwrap().breaker, BreakerState::Closed);
    let standing = vitals.of(ID, &table()).standing(&vitals.policies, at(60));
    assert!(standing.share < 0.5, "{standing:?}");
}

#[test]
fn servers_that_are_gone_are_forgotten_when_there_are_many() {
    let vitals = Vitals::new(BreakerPolicy::default());
    for id in 0..3_000 {
        vitals.of(ServerId(Uuid::from_u128(id)), &table());
    }
    assert!(vitals.servers.read().len() <= MOST_GONE + 1);
}
