//! Values, their ends, and what there is no room for.

use std::time::Duration;

use bytes::Bytes;

use super::{MAX_BYTES, MAX_VALUES, Subject};
use crate::Outcome;
use crate::world::eventually;

const TTL: Duration = Duration::from_mins(1);

pub(super) async fn a_value_reads_back_byte_for_byte(subject: &Subject) -> Outcome {
    let cache = &subject.cache;
    assert_eq!(cache.find("metrics:system").await?, None);
    for value in [b"\0\xff\r\n".as_slice(), b"", "{\"é\":1}".as_bytes()] {
        cache.put("metrics:system", Bytes::from_static(value), TTL).await?;
        assert_eq!(cache.find("metrics:system").await?.as_deref(), Some(value));
    }
    Ok(())
}

pub(super) async fn a_later_value_replaces_an_earlier_one(subject: &Subject) -> Outcome {
    let cache = &subject.cache;
    cache.put("a", Bytes::from_static(b"one"), TTL).await?;
    cache.put("b", Bytes::from_static(b"other"), TTL).await?;
    cache.put("a", Bytes::from_static(b"two"), TTL).await?;
    assert_eq!(cache.find("a").await?.as_deref(), Some(b"two".as_slice()));
    assert_eq!(cache.find("b").await?.as_deref(), Some(b"other".as_slice()));
    Ok(())
}

pub(super) async fn a_forgotten_value_is_gone(subject: &Subject) -> Outcome {
    let cache = &subject.cache;
    cache.put("a", Bytes::from_static(b"x"), TTL).await?;
    cache.forget("a").await?;
    cache.forget("never kept").await?;
    assert_eq!(cache.find("a").await?, None);
    Ok(())
}

pub(super) async fn a_value_ends_when_its_time_is_up(subject: &Subject) -> Outcome {
    let Subject { cache, clock } = subject;
    let ttl = Duration::from_millis(2);
    cache.put("a", Bytes::from_static(b"x"), ttl).await?;
    cache.put("b", Bytes::from_static(b"y"), Duration::MAX).await?;
    clock.advance(ttl);
    eventually("the value is gone", || async { Ok(cache.find("a").await?.is_none()) }).await?;
    assert_eq!(cache.find("b").await?.as_deref(), Some(b"y".as_slice()));
    cache.put("b", Bytes::from_static(b"z"), Duration::ZERO).await?;
    eventually("what has no time is not kept", || async { Ok(cache.find("b").await?.is_none()) })
        .await
}

pub(super) async fn a_full_cache_makes_room(subject: &Subject) -> Outcome {
    let cache = &subject.cache;
    for number in 0..MAX_VALUES * 3 {
        let key = format!("{number}");
        cache.put(&key, Bytes::from(key.clone()), TTL).await?;
        assert_eq!(cache.find(&key).await?, Some(Bytes::from(key)), "the newest is kept");
    }
    let mut kept = 0;
    for number in 0..MAX_VALUES * 3 {
        kept += usize::from(cache.find(&format!("{number}")).await?.is_some());
    }
    assert!(kept <= MAX_VALUES, "{kept}");
    Ok(())
}

pub(super) async fn what_is_too_large_is_not_kept(subject: &Subject) -> Outcome {
    let cache = &subject.cache;
    let largest = Bytes::from(vec![7; MAX_BYTES]);
    cache.put("a", largest.clone(), TTL).await?;
    assert_eq!(cache.find("a").await?, Some(largest));
    cache.put("a", Bytes::from(vec![7; MAX_BYTES + 1]), TTL).await?;
    assert_eq!(cache.find("a").await?, None, "the old value is not the answer any more");
    Ok(())
}
