//! What lies in Redis, as others may read it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::{AsyncCommands as _, Client, aio::MultiplexedConnection};
use jiff::Timestamp;
use registry_contract::MockClock;
use registry_domain::id::ServerId;
use registry_domain::ports::{
    Clock as _, PortError, ProbeStore as _, ResponseCache as _, ServerHealth, SessionStore as _,
};
use registry_domain::server::HealthStatus;
use registry_redis::{RedisProbeStore, RedisResponseCache, RedisSessions};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{open, options, prefix, redis};

pub(crate) async fn raw() -> MultiplexedConnection {
    let client = Client::open(format!("redis://{}", redis())).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn parsed(raw: &mut MultiplexedConnection, key: &str) -> Value {
    let text: String = raw.get(key).await.unwrap();
    serde_json::from_str(&text).unwrap()
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_session_holds_its_context_and_expiry_and_ends() {
    let (prefix, clock, mut raw) = (prefix(), Arc::new(MockClock::new()), raw().await);
    let pool = open(options(redis(), &prefix)).await;
    let sessions = RedisSessions::new(pool, 10, clock.clone());
    let ttl = Duration::from_hours(1);
    sessions.put("abc", Bytes::from_static(b"\0sealed"), ttl).await.unwrap();
    let key = format!("{prefix}session:abc");
    let value = parsed(&mut raw, &key).await;
    assert_eq!(members(&value), ["expiry", "user_context"]);
    let expiry: Timestamp = value["expiry"].as_str().unwrap().parse().unwrap();
    assert_eq!(expiry, clock.now().checked_add(ttl).unwrap());
    let left: i64 = raw.ttl(&key).await.unwrap();
    assert!((3_500..=3_600).contains(&left), "{left}");
}

#[tokio::test]
async fn a_probe_holds_its_three_members_and_ends() {
    let (prefix, mut raw) = (prefix(), raw().await);
    let store = RedisProbeStore::new(open(options(redis(), &prefix)).await);
    let health = ServerHealth {
        status: HealthStatus::Degraded,
        last_check: MockClock::new().now(),
        details: json!({"latency_ms": 12}),
    };
    let id = ServerId(Uuid::from_u128(7));
    store.put(id, &health, Duration::from_mins(5)).await.unwrap();
    let key = format!("{prefix}health:{id}");
    let value = parsed(&mut raw, &key).await;
    assert_eq!(members(&value), ["details", "last_check", "status"]);
    assert_eq!(value["status"], "degraded");
    let left: i64 = raw.ttl(&key).await.unwrap();
    assert!((200..=300).contains(&left), "{left}");
}

#[tokio::test]
async fn a_cached_answer_lies_under_its_own_key_byte_for_byte() {
    let (prefix, mut raw) = (prefix(), raw().await);
    let pool = open(options(redis(), &prefix)).await;
    let cache = RedisResponseCache::new(pool, 10, 1_000, Arc::new(MockClock::new()));
    let value = Bytes::from_static(br#"{"request_counts":{}}"#);
    cache.put("metrics:system", value, Duration::from_mins(1)).await.unwrap();
    let stored = parsed(&mut raw, &format!("{prefix}metrics:system")).await;
    assert_eq!(stored, json!({"request_counts": {}}));
}

#[tokio::test]
async fn what_does_not_read_is_named_but_not_by_a_sessions_key() {
    let (prefix, mut raw) = (prefix(), raw().await);
    let pool = open(options(redis(), &prefix)).await;
    let id = ServerId(Uuid::from_u128(7));
    let _: () = raw.set(format!("{prefix}health:{id}"), "{\"status\":\"odd\"}").await.unwrap();
    let _: () = raw.set(format!("{prefix}session:s3cret"), "[]").await.unwrap();
    let told = RedisProbeStore::new(Arc::clone(&pool)).find(id).await;
    let Err(PortError::Corrupt { what, .. }) = told else { panic!("{told:?}") };
    assert_eq!(what, format!("health:{id}"));
    let told = RedisSessions::new(pool, 10, Arc::new(MockClock::new())).find("s3cret").await;
    let Err(PortError::Corrupt { what, .. }) = told else { panic!("{told:?}") };
    assert!(!what.contains("s3cret"), "{what}");
}
