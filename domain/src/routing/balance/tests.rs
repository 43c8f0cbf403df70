//! Each algorithm's distribution.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;

fn id(number: u128) -> ServerId {
    ServerId(Uuid::from_u128(number))
}

fn candidate(number: u128) -> Candidate {
    Candidate {
        id: id(number),
        weight: 1,
        share: 1.0,
        in_flight: 0,
        last_turn: 0,
        success_rate: 1.0,
        average_ms: 10.0,
    }
}

fn candidates(count: u128) -> Vec<Candidate> {
    (1..=count).map(candidate).collect()
}

fn draw(dice: u64) -> Draw<'static> {
    Draw { key: "default:anonymous", dice }
}

/// How often each is chosen in `calls` choices; the k-th choice is the turn k.
fn shares(algorithm: Algorithm, mut of: Vec<Candidate>, calls: u64) -> HashMap<ServerId, u32> {
    let mut chosen = HashMap::new();
    for turn in 1..=calls {
        let id = pick(algorithm, &of, draw(turn.wrapping_mul(0x5851_f42d_4c95_7f2d))).unwrap();
        let one = of.iter_mut().find(|one| one.id == id).unwrap();
        one.last_turn = turn;
        *chosen.entry(id).or_default() += 1;
    }
    chosen
}

#[test]
fn names_read_as_they_are_written() {
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
    }
    assert_eq!(Algorithm::parse("fastest"), None);
}

#[test]
fn of_none_none_is_chosen_and_of_one_that_one() {
    for algorithm in Algorithm::ALL {
        assert_eq!(pick(algorithm, &[], draw(1)), None);
        assert_eq!(pick(algorithm, &candidates(1), draw(1)), Some(id(1)));
    }
}

#[test]
fn round_robin_gives_each_the_same_number_of_turns() {
    let shares = shares(Algorithm::RoundRobin, candidates(4), 400);
    assert!(shares.values().all(|calls| *calls == 100), "{shares:?}");
}

#[test]
fn random_gives_each_about_the_same() {
    let shares = shares(Algorithm::Random, candidates(4), 4000);
    assert!(shares.values().all(|calls| (850..=1150).contains(calls)), "{shares:?}");
}

#[test]
fn weights_are_kept_to() {
    let mut of = candidates(2);
    of[0].weight = 9;
    let shares = shares(Algorithm::Weighted, of, 4000);
    assert!((3450..=3750).contains(&shares[&id(1)]), "{shares:?}");
}

#[test]
fn a_server_that_answers_much_worse_than_the_best_gets_nothing_by_weight() {
    let mut of = candidates(2);
    (of[0].average_ms, of[0].success_rate, of[0].in_flight) = (9000.0, 0.1, 50);
    let shares = shares(Algorithm::Weighted, of, 500);
    assert_eq!(shares[&id(2)], 500);
}

#[test]
fn the_fewest_calls_under_way_win() {
    let mut of = candidates(3);
    (of[0].in_flight, of[1].in_flight, of[2].in_flight) = (3, 1, 2);
    assert_eq!(shares(Algorithm::LeastConnections, of, 50)[&id(2)], 50);
    // Of several with as few, each is chosen now and then.
    assert_eq!(shares(Algorithm::LeastConnections, candidates(3), 300).len(), 3);
}

#[test]
fn one_that_begins_slowly_gets_its_share_whatever_the_algorithm() {
    for algorithm in [Algorithm::RoundRobin, Algorithm::Random, Algorithm::LeastConnections] {
        let mut of = candidates(2);
        of[0].share = 0.2;
        let shares = shares(algorithm, of, 4000);
        assert!((200..=1000).contains(&shares[&id(1)]), "{algorithm:?}: {shares:?}");
    }
    let mut alone = candidates(1);
    alone[0].share = 0.0;
    assert_eq!(pick(Algorithm::Random, &alone, draw(3)), Some(id(1)), "there is no other");
}

#[test]
fn consistent_hash_answers_the_same_in_every_process_and_version() {
    // Written down once: a change of these moves callers between replicas that differ in version.
    let of = candidates(10);
    let chosen: Vec<u128> = ["default:anonymous", "contoso:ada", "contoso:grace", "fabrikam:ada"]
        .iter()
        .map(|key| pick(Algorithm::ConsistentHash, &of, Draw { key, dice: 1 }).unwrap())
        .map(|id| id.0.as_u128())
        .collect();
    assert_eq!(chosen, [1, 10, 9, 1]);
}

#[test]
fn consistent_hash_spreads_callers_and_a_server_that_goes_moves_only_its_own() {
    let (ten, nine) = (candidates(10), candidates(9));
    let (mut moved, mut chosen) = (0, HashMap::<ServerId, u32>::new());
    for caller in 0..10_000 {
        let key = format!("default:user-{caller}");
        let draw = Draw { key: &key, dice: caller };
        let before = pick(Algorithm::ConsistentHash, &ten, draw).unwrap();
        let after = pick(Algorithm::ConsistentHash, &nine, draw).unwrap();
        *chosen.entry(before).or_default() += 1;
        if before == id(10) {
            moved += 1;
        } else {
            assert_eq!(before, after, "{key} had no reason to move");
        }
    }
    assert!((900..=1100).contains(&moved), "{moved} of 10000 moved");
    assert!(chosen.values().all(|callers| (850..=1150).contains(callers)), "{chosen:?}");
}

#[test]
fn a_wish_is_read_from_the_capabilities_and_nonsense_is_none() {
    let of = |routing| RoutingWish::of(json!({ "routing": routing }).as_object().unwrap());
    assert_eq!(
        of(json!({"algorithm": "consistent_hash", "weight": 100})),
        RoutingWish { algorithm: Some(Algorithm::ConsistentHash), weight: 100 }
    );
    for nonsense in [
        json!(null),
        json!("weighted"),
        json!([]),
        json!({"algorithm": "Weighted"}),
        json!({"weight": 0}),
        json!({"weight": 101}),
        json!({"weight": "5"}),
        json!({"weight": 2.5}),
    ] {
        assert_eq!(of(nonsense.clone()), RoutingWish::default(), "{nonsense}");
    }
}

#[test]
fn an_algorithm_is_used_that_all_agree_on_who_wish_for_any() {
    let wish = |algorithm| RoutingWish { algorithm, weight: 1 };
    let agreed = |wishes: &[Option<Algorithm>]| {
        RoutingWish::agreed(wishes.iter().map(|one| wish(*one)), Algorithm::RoundRobin)
    };
    let random = Some(Algorithm::Random);
    assert_eq!(agreed(&[None, random, None, random]), Algorithm::Random);
    assert_eq!(agreed(&[random, Some(Algorithm::Weighted)]), Algorithm::RoundRobin);
    assert_eq!(agreed(&[None]), Algorithm::RoundRobin);
}

proptest! {
    #[test]
    fn what_is_chosen_is_a_candidate_and_the_same_for_the_same_draw(
        count in 1..20_u128, dice: u64, key in "[a-z:]{0,12}", algorithm in 0..5_usize,
        share in 0.0..1.0_f64, in_flight in 0..9_u32,
    ) {
        let mut of = candidates(count);
        (of[0].share, of[0].in_flight) = (share, in_flight);
        let choose = || pick(Algorithm::ALL[algorithm], &of, Draw { key: &key, dice });
        prop_assert!(of.iter().any(|one| Some(one.id) == choose()));
        prop_assert_eq!(choose(), choose());
    }

    #[test]
    fn consistent_hash_does_not_depend_on_the_order_of_candidates(key in "[a-z:]{0,12}", dice: u64) {
        let of = candidates(7);
        let backwards: Vec<Candidate> = of.iter().rev().copied().collect();
        let draw = Draw { key: &key, dice };
        prop_assert_eq!(
            pick(Algorithm::ConsistentHash, &of, draw),
            pick(Algorithm::ConsistentHash, &backwards, draw)
        );
    }
}
