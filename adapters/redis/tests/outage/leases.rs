//! Leases while Redis is gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use registry_domain::ports::{LeaseHolder, Leases, PortError, StoreHealth as _};
use registry_redis::{RedisHealth, RedisLeases};
use uuid::Uuid;

use crate::support::{Lines, eventually, in_time};

const TTL: Duration = Duration::from_hours(1);
const FIRST: LeaseHolder = LeaseHolder(Uuid::from_u128(1));
const SECOND: LeaseHolder = LeaseHolder(Uuid::from_u128(2));

/// Stands in for the store: says who has what.
#[derive(Default)]
struct InStore(Mutex<HashMap<String, LeaseHolder>>);

impl InStore {
    fn holder(&self, name: &str) -> Option<LeaseHolder> {
        self.0.lock().get(name).copied()
    }
}

#[async_trait]
impl Leases for InStore {
    async fn try_acquire(
        &self,
        name: &str,
        holder: LeaseHolder,
        _: Duration,
    ) -> Result<bool, PortError> {
        Ok(*self.0.lock().entry(name.to_owned()).or_insert(holder) == holder)
    }

    async fn renew(&self, name: &str, holder: LeaseHolder, _: Duration) -> Result<bool, PortError> {
        Ok(self.holder(name) == Some(holder))
    }

    async fn release(&self, name: &str, holder: LeaseHolder) -> Result<(), PortError> {
        let mut held = self.0.lock();
        if held.get(name) == Some(&holder) {
            held.remove(name);
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_redis_could_not_take_back_does_not_keep_who_had_it_waiting() {
    let Lines { proxy, through, direct } = Lines::open().await;
    let health = RedisHealth::new(Arc::clone(&through));
    let here = RedisLeases::new(through, Arc::new(InStore::default()));
    let there = RedisLeases::new(direct, Arc::new(InStore::default()));
    assert!(here.try_acquire("work", FIRST, TTL).await.unwrap());
    proxy.cut();
    in_time("an answer all the same", here.release("work", FIRST)).await.unwrap();
    in_time("one without Redis", here.try_acquire("work", SECOND, TTL)).await.unwrap();
    here.release("work", SECOND).await.unwrap();
    proxy.restore();
    assert!(!there.try_acquire("work", SECOND, TTL).await.unwrap(), "Redis knows of no end");
    eventually("Redis is healthy again", || health.check()).await;
    assert!(here.try_acquire("work", SECOND, TTL).await.unwrap(), "it is had again");
    here.release("work", SECOND).await.unwrap();
    assert!(there.try_acquire("work", SECOND, TTL).await.unwrap());
}

#[tokio::test]
async fn what_was_acquired_without_redis_is_renewed_and_given_back_without_it() {
    let Lines { proxy, through, .. } = Lines::open().await;
    let store = Arc::new(InStore::default());
    let health = RedisHealth::new(Arc::clone(&through));
    let leases = RedisLeases::new(through, store.clone());
    proxy.cut();
    assert!(
        in_time("an answer all the same", leases.try_acquire("work", FIRST, TTL)).await.unwrap()
    );
    assert_eq!(store.holder("work"), Some(FIRST));
    proxy.restore();
    eventually("Redis is healthy again", || health.check()).await;
    assert!(leases.renew("work", FIRST, TTL).await.unwrap());
    leases.release("work", FIRST).await.unwrap();
    assert_eq!(store.holder("work"), None);
}
