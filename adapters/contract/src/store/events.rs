//! The event log: what followers rely on.

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use registry_domain::event::{EventKind, EventSeq};
use registry_domain::id::RegistrationId;
use registry_domain::registration::{Registration, RegistrationStatus};
use serde_json::json;

use crate::Outcome;
use crate::world::{World, content, draft, in_time, taken, tenant};

pub(crate) async fn events_are_visible_if_and_only_if_the_change_is(world: &World) -> Outcome {
    let events = world.ports().events;
    assert_eq!(events.latest().await?, EventSeq(0));
    let holder = world.submitted(1).await?;
    let id = RegistrationId(world.uuid());
    let refused =
        Registration::submit(id, content(draft(1))?, holder.submitter, None, world.stamp());
    taken(world.ports().registrations.commit(&refused).await)?;
    let log = events.after(EventSeq(0), 10).await?;
    let told: Vec<_> = log.iter().map(|entry| entry.event.registration).collect();
    assert_eq!(told, [Some(holder.id)]);
    assert_eq!(log.last().map(|entry| entry.seq), Some(events.latest().await?));
    Ok(())
}

pub(crate) async fn events_come_in_order_without_gaps_while_many_write(world: &World) -> Outcome {
    let submitter = world.person("sam").await?.id;
    let mut changes = Vec::new();
    // Every third is refused: what it would have said must leave no gap.
    for number in 0..30 {
        let id = RegistrationId(world.uuid());
        let number = if number % 3 == 0 { 1_000 } else { number };
        let content = content(draft(number))?;
        changes.push(Registration::submit(id, content, submitter, None, world.stamp()));
    }
    let store = world.ports().registrations;
    let told = join_all(changes.iter().map(|change| store.commit(change))).await;
    let kept = told.iter().filter(|told| told.is_ok()).count();
    assert_eq!(kept, 21, "{told:?}");

    let events = world.ports().events;
    let mut seen = Vec::new();
    let mut position = EventSeq(0);
    loop {
        let page = events.after(position, 4).await?;
        let Some(last) = page.last() else { break };
        position = last.seq;
        seen.extend(page.iter().map(|entry| entry.seq.0));
    }
    let expected: Vec<i64> = (1..).take(kept).collect();
    assert_eq!(seen, expected);
    assert_eq!(events.latest().await?, position);
    Ok(())
}

pub(crate) async fn an_event_reads_back_whole(world: &World) -> Outcome {
    let submitter = world.person("sam").await?.id;
    let id = RegistrationId(world.uuid());
    let tenant = Some(tenant("contoso")?);
    let mut change = Registration::submit(id, content(draft(1))?, submitter, tenant, world.stamp());
    for event in &mut change.events {
        event.previous_status = Some(RegistrationStatus::Rejected);
        event.metadata = json!({"é": [1, 2.5, null, {"nested": "\u{1F600}"}]});
    }
    world.ports().registrations.commit(&change).await?;
    let log = world.ports().events.after(EventSeq(0), 10).await?;
    let told: Vec<_> = log.into_iter().map(|entry| entry.event).collect();
    assert_eq!(told, change.events);
    assert_eq!(told.first().map(|event| event.kind), Some(EventKind::RegistrationSubmitted));
    Ok(())
}

pub(crate) async fn a_waiter_wakes_on_a_commit(world: &World) -> Outcome {
    let events = world.ports().events;
    let before = events.latest().await?;
    let follow = async {
        while events.latest().await? == before {
            events.wait(before).await;
        }
        Ok::<_, registry_domain::ports::PortError>(())
    };
    let (followed, submitted) =
        in_time("the waiter woke", async { tokio::join!(follow, world.submitted(1)) }).await?;
    followed?;
    submitted?;
    Ok(())
}

pub(crate) async fn every_waiter_wakes_on_a_commit_by_another_process(world: &World) -> Outcome {
    let beside = world.instance.open_beside().await?;
    assert_eq!(beside.is_some(), world.is_shared, "the adapter does what it claims");
    let Some(beside) = beside else { return Ok(()) };
    let before = beside.events.latest().await?;
    // Several wait in the other process; one has given up: the others must not depend on it.
    let _: Option<()> = beside.events.wait(before).now_or_never();
    let waiters = join_all((0..3).map(|_| beside.events.wait(before)));
    let (woken, submitted) =
        tokio::join!(in_time("the waiters of another process woke", waiters), world.submitted(1));
    woken?;
    submitted?;
    // They may wake early, but not for good: the fact arrives.
    in_time("the other process sees the event", async {
        while beside.events.latest().await? == before {
            beside.events.wait(before).await;
        }
        Ok::<_, registry_domain::ports::PortError>(())
    })
    .await??;
    Ok(())
}

pub(crate) async fn waiting_for_what_has_happened_returns_at_once(world: &World) -> Outcome {
    world.submitted(1).await?;
    world.submitted(2).await?;
    let events = world.ports().events;
    in_time("an old position returned", events.wait(EventSeq(0))).await?;
    in_time("an old position returned", events.wait(EventSeq(1))).await?;
    Ok(())
}
