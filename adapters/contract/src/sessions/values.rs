//! Values and their ends.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use registry_domain::ports::PortError;

use super::{Subject, TTL};
use crate::Outcome;

pub(super) async fn a_value_ends_exactly_when_its_time_is_up(subject: &Subject) -> Outcome {
    let Subject { store, clock } = subject;
    store.put("a", Bytes::from_static(b"\0\xff"), TTL).await?;
    store.put("b", Bytes::new(), TTL).await?;
    clock.advance(TTL.saturating_sub(Duration::from_micros(1)));
    assert_eq!(store.find("a").await?.as_deref(), Some(b"\0\xff".as_slice()));
    assert_eq!(store.find("b").await?.as_deref(), Some(b"".as_slice()));
    clock.advance(Duration::from_micros(1));
    assert_eq!(store.find("a").await?, None);
    assert_eq!(store.take("b").await?, None);
    Ok(())
}

pub(super) async fn a_later_value_replaces_an_earlier_one(subject: &Subject) -> Outcome {
    let Subject { store, clock } = subject;
    store.put("a", Bytes::from_static(b"one"), TTL).await?;
    clock.advance(TTL / 2);
    store.put("a", Bytes::from_static(b"two"), TTL).await?;
    clock.advance(TTL / 2);
    assert_eq!(store.find("a").await?.as_deref(), Some(b"two".as_slice()));
    assert_eq!(store.find("b").await?, None);
    Ok(())
}

pub(super) async fn of_many_who_take_one_gets_it(subject: &Subject) -> Outcome {
    let store = &subject.store;
    store.put("code", Bytes::from_static(b"once"), TTL).await?;
    let told = join_all((0..8).map(|_| store.take("code"))).await;
    let got = told.iter().filter(|told| matches!(told, Ok(Some(_)))).count();
    assert_eq!(got, 1, "{told:?}");
    assert_eq!(store.find("code").await?, None);
    Ok(())
}

pub(super) async fn a_full_store_refuses_until_something_ends(subject: &Subject) -> Outcome {
    let Subject { store, clock } = subject;
    let value = Bytes::from_static(b"x");
    for (number, ttl) in [(0, TTL), (1, TTL * 2), (2, TTL * 2), (3, TTL * 2)] {
        store.put(&format!("{number}"), value.clone(), ttl).await?;
    }
    let told = store.put("4", value.clone(), TTL).await;
    assert!(matches!(told, Err(PortError::Unavailable { .. })), "{told:?}");
    store.put("3", value.clone(), TTL * 2).await?;
    clock.advance(TTL);
    store.put("4", value.clone(), TTL).await?;
    assert_eq!(store.find("4").await?, Some(value.clone()));
    assert_eq!(store.find("1").await?, Some(value));
    Ok(())
}

pub(super) async fn a_value_that_never_ends_is_kept(subject: &Subject) -> Outcome {
    let Subject { store, clock } = subject;
    store.put("a", Bytes::from_static(b"x"), Duration::MAX).await?;
    clock.advance(TTL);
    assert!(store.find("a").await?.is_some());
    Ok(())
}

pub(super) async fn what_was_taken_makes_room(subject: &Subject) -> Outcome {
    let store = &subject.store;
    let value = Bytes::from_static(b"x");
    for number in 0..super::MAX_SESSIONS {
        store.put(&format!("{number}"), value.clone(), TTL).await?;
    }
    assert_eq!(store.take("2").await?, Some(value.clone()));
    store.put("another", value.clone(), TTL).await?;
    assert_eq!(store.find("another").await?, Some(value));
    Ok(())
}
