//! Stores, health and live events while Redis is gone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use registry_contract::MockClock;
use registry_domain::event::{EventKind, EventSeq, EventStamp, RegistryEvent, SequencedEvent};
use registry_domain::id::EventId;
use registry_domain::ports::{
    Clock as _, LiveEvents as _, PortError, Replay, SessionStore as _, StoreHealth as _,
};
use registry_redis::{RedisHealth, RedisLiveEvents, RedisSessions};
use uuid::Uuid;

use crate::support::{Lines, eventually, in_time};

const TTL: Duration = Duration::from_mins(1);

#[tokio::test]
async fn sessions_are_unavailable_while_redis_is_gone_and_there_again_after() {
    let Lines { proxy, through, direct } = Lines::open().await;
    let clock = Arc::new(MockClock::new());
    let sessions = RedisSessions::new(Arc::clone(&through), 10, clock);
    let health = RedisHealth::new(through);
    sessions.put("a", Bytes::from_static(b"kept"), TTL).await.unwrap();
    for break_it in [crate::proxy::Proxy::cut, crate::proxy::Proxy::stall] {
        break_it(&proxy);
        let told = in_time("an answer all the same", sessions.find("a")).await;
        let Err(PortError::Unavailable { source, .. }) = told else { panic!("{told:?}") };
        assert!(source.to_string().contains(&proxy.addr.to_string()), "{source}");
        in_time("a health that says so", health.check()).await.unwrap_err();
        proxy.restore();
        eventually("redis is healthy again", || health.check()).await;
        let kept = eventually("it is found again", || sessions.find("a")).await;
        assert_eq!(kept.as_deref(), Some(b"kept".as_slice()));
    }
    assert_eq!(health.kind(), "redis");
    assert!(health.pool().max > 0);
    RedisHealth::new(direct).check().await.unwrap();
}

fn event(seq: i64) -> SequencedEvent {
    let stamp = EventStamp { id: EventId(Uuid::from_u128(7)), at: MockClock::new().now() };
    SequencedEvent {
        seq: EventSeq(seq),
        event: RegistryEvent::by_product(EventKind::ServerListed, stamp),
    }
}

#[tokio::test]
async fn events_that_were_appended_while_the_line_was_cut_replay_in_order_after() {
    let Lines { proxy, through, direct } = Lines::open().await;
    let poll = Duration::from_millis(50);
    let live = RedisLiveEvents::open(through, "log", 100, poll).await.unwrap();
    let beside = RedisLiveEvents::open(direct, "log", 100, poll).await.unwrap();
    beside.append(&[event(1)]).await.unwrap();
    assert_eq!(live.after(EventSeq(0), 10).await.unwrap(), Replay::Events(vec![event(1)]));
    proxy.cut();
    // A waiter does not hang: it returns, and reading tells that Redis is gone.
    in_time("the waiter returns", live.wait(EventSeq(1))).await;
    live.after(EventSeq(1), 10).await.unwrap_err();
    let missed: Vec<_> = (2..=20).map(event).collect();
    beside.append(&missed).await.unwrap();
    proxy.restore();
    let replay = eventually("the events are read", || live.after(EventSeq(1), 100)).await;
    assert_eq!(replay, Replay::Events(missed));
    in_time("they wake a waiter", live.wait(EventSeq(19))).await;
}
