//! Two programs on one PostgreSQL and one Redis have one limit, before and after an outage.

use std::time::Instant;

use registry_testkit::{Api, token};
use serde_json::json;

use crate::support::{Outage, Replica, Stores};

/// What a user may do in a minute.
const LIMIT: u32 = 30;

#[tokio::test]
async fn two_programs_share_a_limit_again_after_redis_was_cut_off() {
    share_a_limit(Outage::Cut).await;
}

#[tokio::test]
async fn two_programs_share_a_limit_again_after_redis_fell_silent() {
    share_a_limit(Outage::Stall).await;
}

async fn share_a_limit(outage: Outage) {
    let stores = Stores::new().await;
    let limit = LIMIT.to_string();
    let limited = [("MREG_FASTMCP_RATE_LIMIT_USER_RPM", limit.as_str())];
    let (one, two) =
        tokio::join!(Replica::start(&stores, &limited), Replica::start(&stores, &limited));
    is_one(pass(&one, &two, "before").await);

    outage.begin(&stores.to_redis);
    for replica in [&one, &two] {
        replica.turns("degraded", 200).await;
    }
    // Each counts for itself: the outage is real.
    let (passed, _) = pass(&one, &two, "meanwhile").await;
    assert!(passed >= 2 * LIMIT, "{passed} passed");

    stores.to_redis.restore();
    for replica in [&one, &two] {
        replica.turns("healthy", 200).await;
        replica.logs("limits are shared again").await;
    }
    is_one(pass(&one, &two, "after").await);
}

/// All that passed is one limit's, and what became due meanwhile.
fn is_one((passed, due_meanwhile): (u32, u32)) {
    assert!(passed >= LIMIT, "{passed} passed");
    assert!(passed <= LIMIT + due_meanwhile, "{passed} passed, {due_meanwhile} of them later");
}

/// How many requests of one new user pass, sent to both in turn until both refuse; and how many of
/// them time alone allowed.
async fn pass(one: &Replica, two: &Replica, subject: &str) -> (u32, u32) {
    let mut clients = vec![];
    for replica in [one, two] {
        let user = token(&replica.program, json!({ "subject": subject })).await;
        clients.push(Api::service(&replica.program).with_token(&user));
    }
    let began = Instant::now();
    let mut passed = 0;
    loop {
        let mut refused = 0;
        for client in &clients {
            let answer = client.get("/users/me").await;
            match answer.status.as_u16() {
                200 | 201 => passed += 1,
                429 => refused += 1,
                other => panic!("{other}: {}", answer.text()),
            }
        }
        if refused == clients.len() {
            let seconds = u32::try_from(began.elapsed().as_secs()).unwrap() + 1;
            return (passed, (seconds * LIMIT).div_ceil(60));
        }
    }
}
