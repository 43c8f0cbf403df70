//! Publishing and listening.

use bytes::Bytes;
use futures_util::StreamExt as _;
use registry_domain::ports::{Heard, Subscription};

use super::Subject;
use crate::Outcome;
use crate::world::{eventually, in_time};

async fn next(subscription: &mut Subscription) -> Result<Option<Heard>, libtest_mimic::Failed> {
    in_time("something was heard", subscription.next()).await
}

fn message(text: &'static str) -> Heard {
    Heard::Message(Bytes::from_static(text.as_bytes()))
}

pub(super) async fn every_subscriber_hears_what_is_published(subject: &Subject) -> Outcome {
    let mut subscriptions = Vec::new();
    for bus in subject.all() {
        subscriptions.push(bus.subscribe("routes").await?);
        subscriptions.push(bus.subscribe("routes").await?);
    }
    subject.bus(0).publish("routes", Bytes::from_static(b"\0\xff")).await?;
    for subscription in &mut subscriptions {
        let told = next(subscription).await?;
        assert_eq!(told, Some(Heard::Message(Bytes::from_static(b"\0\xff"))));
    }
    Ok(())
}

pub(super) async fn messages_of_one_publisher_keep_their_order(subject: &Subject) -> Outcome {
    let mut heard = subject.bus(1).subscribe("numbers").await?;
    for number in 0..100 {
        subject.bus(0).publish("numbers", Bytes::from(format!("{number}"))).await?;
    }
    for number in 0..100 {
        let expected = Heard::Message(Bytes::from(format!("{number}")));
        assert_eq!(next(&mut heard).await?, Some(expected));
    }
    Ok(())
}

pub(super) async fn topics_do_not_mix(subject: &Subject) -> Outcome {
    let mut ours = subject.bus(1).subscribe("a").await?;
    let _other = subject.bus(1).subscribe("a:b").await?;
    subject.bus(0).publish("a:b", Bytes::from_static(b"other")).await?;
    subject.bus(0).publish("nobody", Bytes::from_static(b"unheard")).await?;
    subject.bus(0).publish("a", Bytes::from_static(b"ours")).await?;
    assert_eq!(next(&mut ours).await?, Some(message("ours")));
    Ok(())
}

pub(super) async fn a_slow_subscriber_is_told_that_it_missed_something(
    subject: &Subject,
) -> Outcome {
    let mut slow = subject.bus(1).subscribe("flood").await?;
    let mut quick = subject.bus(1).subscribe("flood").await?;
    for number in 0..3_000 {
        let said = Bytes::from(format!("{number}"));
        subject.bus(0).publish("flood", said.clone()).await?;
        assert_eq!(next(&mut quick).await?, Some(Heard::Message(said)));
    }
    let mut heard = 0;
    loop {
        match next(&mut slow).await? {
            Some(Heard::Missed) => break,
            Some(Heard::Message(_)) => heard += 1,
            None => return Err("the subscription ended".into()),
        }
        assert!(heard < 3_000, "the queue has no bound");
    }
    Ok(())
}

pub(super) async fn a_topic_can_be_left_and_joined_again(subject: &Subject) -> Outcome {
    let bus = subject.bus(1);
    drop(bus.subscribe("a").await?);
    subject.bus(0).publish("a", Bytes::from_static(b"unheard")).await?;
    eventually("it is heard again", || async {
        let mut heard = bus.subscribe("a").await?;
        subject.bus(0).publish("a", Bytes::from_static(b"again")).await?;
        Ok(next(&mut heard).await? == Some(message("again")))
    })
    .await
}
