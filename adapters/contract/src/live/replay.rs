//! Appending, replaying, waiting.

use std::ops::RangeInclusive;

use futures_util::future::join_all;
use jiff::Timestamp;
use libtest_mimic::Failed;
use registry_domain::event::{EventKind, EventSeq, EventStamp, RegistryEvent, SequencedEvent};
use registry_domain::id::{EventId, RegistrationId, ServerId, UserId};
use registry_domain::ports::{LiveEvents, Replay};
use registry_domain::registration::RegistrationStatus;
use serde_json::json;
use uuid::Uuid;

use super::Subject;
use crate::Outcome;
use crate::world::{in_time, tenant};

fn event(seq: i64) -> SequencedEvent {
    let at = Timestamp::from_microsecond(1_795_255_200_000_000 + seq).unwrap_or_default();
    let stamp = EventStamp { id: EventId(Uuid::from_u64_pair(7, seq.unsigned_abs())), at };
    SequencedEvent {
        seq: EventSeq(seq),
        event: RegistryEvent::by_product(EventKind::ServerListed, stamp),
    }
}

fn events(range: RangeInclusive<i64>) -> Vec<SequencedEvent> {
    range.map(event).collect()
}

async fn replayed(live: &dyn LiveEvents, after: i64, limit: u32) -> Result<Vec<i64>, Failed> {
    match live.after(EventSeq(after), limit).await? {
        Replay::Events(events) => Ok(events.iter().map(|entry| entry.seq.0).collect()),
        Replay::Gap { oldest } => Err(format!("a gap up to {oldest:?}").into()),
    }
}

pub(super) async fn nothing_has_happened_at_first(subject: &Subject) -> Outcome {
    assert_eq!(subject.live.after(EventSeq(0), 10).await?, Replay::Events(Vec::new()));
    assert_eq!(subject.live.after(EventSeq(7), 10).await?, Replay::Events(Vec::new()));
    subject.live.append(&[]).await?;
    Ok(())
}

pub(super) async fn events_replay_in_order_after_a_position(subject: &Subject) -> Outcome {
    let Subject { live, beside } = subject;
    live.append(&events(1..=5)).await?;
    beside.append(&events(6..=8)).await?;
    for who in [live, beside] {
        assert_eq!(replayed(&**who, 0, 100).await?, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(replayed(&**who, 3, 4).await?, [4, 5, 6, 7]);
        assert_eq!(replayed(&**who, 8, 4).await?, [0; 0]);
        assert_eq!(replayed(&**who, 90, 4).await?, [0; 0]);
    }
    Ok(())
}

pub(super) async fn an_event_reads_back_whole(subject: &Subject) -> Outcome {
    let mut full = event(41);
    full.event.actor = Some(UserId(Uuid::from_u64_pair(1, 2)));
    full.event.registration = Some(RegistrationId(Uuid::from_u64_pair(1, 3)));
    full.event.server = Some(ServerId(Uuid::from_u64_pair(1, 4)));
    full.event.tenant = Some(tenant("contoso \"GmbH\"")?);
    full.event.previous_status = Some(RegistrationStatus::Pending);
    full.event.new_status = Some(RegistrationStatus::Approved);
    full.event.metadata = json!({"é": [1, 2.5, null, {"nested": "\u{1F600}"}]});
    let mut all = vec![full];
    all.extend(EventKind::ALL.into_iter().zip(42..).map(|(kind, seq)| {
        let mut next = event(seq);
        next.event.kind = kind;
        next
    }));
    // As many as are kept: the rest is the newest.
    all.truncate(super::MAX_EVENTS);
    subject.live.append(&all).await?;
    assert_eq!(subject.beside.after(EventSeq(40), 100).await?, Replay::Events(all));
    Ok(())
}

pub(super) async fn what_was_trimmed_away_is_a_gap_and_the_rest_replays_in_order(
    subject: &Subject,
) -> Outcome {
    let live = &*subject.live;
    for seq in 1..=25 {
        live.append(&[event(seq)]).await?;
    }
    for after in [0, 1, 14] {
        let told = live.after(EventSeq(after), 100).await?;
        assert_eq!(told, Replay::Gap { oldest: EventSeq(16) });
    }
    let expected: Vec<i64> = (16..=25).collect();
    assert_eq!(replayed(live, 15, 100).await?, expected);
    assert_eq!(replayed(live, 23, 100).await?, [24, 25]);
    Ok(())
}

pub(super) async fn events_that_several_replicas_append_are_kept_once(
    subject: &Subject,
) -> Outcome {
    let Subject { live, beside } = subject;
    let all = events(1..=8);
    for from in 0..8 {
        let some = all.get(from..).unwrap_or_default();
        let until = some.get(..some.len().min(3)).unwrap_or_default();
        let appended = join_all([live.append(until), beside.append(until)]).await;
        assert!(appended.iter().all(Result::is_ok), "{appended:?}");
    }
    assert_eq!(live.after(EventSeq(0), 100).await?, Replay::Events(all));
    Ok(())
}

pub(super) async fn an_append_out_of_order_leaves_no_hole(subject: &Subject) -> Outcome {
    let live = &*subject.live;
    live.append(&events(1..=3)).await?;
    // Whoever saw the fourth and fifth has not come by yet.
    live.append(&events(6..=7)).await?;
    live.append(&events(4..=5)).await?;
    let told = live.after(EventSeq(3), 100).await?;
    assert_eq!(told, Replay::Gap { oldest: EventSeq(6) });
    assert_eq!(replayed(live, 5, 100).await?, [6, 7]);
    Ok(())
}

pub(super) async fn a_waiter_wakes_on_an_append_by_another_replica(subject: &Subject) -> Outcome {
    let Subject { live, beside } = subject;
    live.append(&events(1..=3)).await?;
    let waiters = join_all((0..3).map(|_| async {
        while replayed(&**live, 3, 10).await?.is_empty() {
            live.wait(EventSeq(3)).await;
        }
        Ok::<_, Failed>(())
    }));
    let next = [event(4)];
    let append = beside.append(&next);
    let (woken, appended) =
        in_time("the waiters woke", async { tokio::join!(waiters, append) }).await?;
    appended?;
    woken.into_iter().collect()
}

pub(super) async fn waiting_for_what_has_happened_returns_at_once(subject: &Subject) -> Outcome {
    subject.live.append(&events(1..=3)).await?;
    in_time("an old position returned", subject.live.wait(EventSeq(1))).await?;
    in_time("an old position returned", subject.beside.wait(EventSeq(0))).await?;
    Ok(())
}
