//! Order, bounds, and who is dropped.

use futures_util::FutureExt;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::viewer::Strangers;

fn hub(queue: usize) -> Arc<Hub> {
    Arc::new(Hub::new(HubLimits { clients: 3, of_one: 2, queue }, EventSeq(5)))
}

fn join(hub: &Arc<Hub>, whose: &str, topic: Topic) -> Result<Subscription, Refused> {
    let viewer = Arc::new(Viewer::new(None, Strangers::SeeShared));
    hub.join(whose.to_owned(), viewer, Interest { topics: topic.into(), server: None })
}

fn frame(topic: Topic, number: i64) -> Frame {
    Frame::new(topic, "health_update", Timestamp::UNIX_EPOCH, json!({"number": number}))
}

fn waiting(client: &mut Subscription) -> Vec<i64> {
    let mut numbers = Vec::new();
    while let Some(Heard::Frame(frame)) = client.next().now_or_never() {
        let shown: serde_json::Value = serde_json::from_str(frame.text()).unwrap();
        numbers.push(shown["payload"]["number"].as_i64().unwrap());
    }
    numbers
}

#[test]
fn each_client_gets_its_topic_in_order() {
    let hub = hub(8);
    let mut health = join(&hub, "a", Topic::Health).unwrap();
    let mut metrics = join(&hub, "b", Topic::Metrics).unwrap();
    for (topic, number) in [(Topic::Health, 1), (Topic::Metrics, 2), (Topic::Health, 3)] {
        hub.publish(frame(topic, number));
    }
    assert_eq!(waiting(&mut health), [1, 3]);
    assert_eq!(waiting(&mut metrics), [2]);
}

#[test]
fn whether_anybody_listens_is_known_as_clients_come_change_their_minds_and_go() {
    let hub = hub(1);
    let listens = || Topic::ALL.map(|topic| hub.has_listeners(topic));
    assert_eq!(listens(), [false; 5]);
    let first = join(&hub, "a", Topic::Requests).unwrap();
    let second = join(&hub, "b", Topic::Requests).unwrap();
    assert_eq!(listens(), [false, false, false, false, true]);
    drop(first);
    assert!(hub.has_listeners(Topic::Requests), "one is left");
    second.want(Interest { topics: Topic::Health.into(), server: None });
    assert_eq!(listens(), [true, false, false, false, false]);
    for number in 1..=2 {
        hub.publish(frame(Topic::Health, number));
    }
    assert_eq!(listens(), [false; 5], "who was too slow does not listen any more");
}

#[tokio::test]
async fn a_crowd_waits_for_those_who_listen_but_not_for_ever() {
    let hub = hub(2);
    let patience = Duration::from_secs(1);
    let mut client = join(&hub, "a", Topic::Requests).unwrap();
    hub.room(Topic::Requests, 2, patience).now_or_never().expect("there is room");
    hub.publish(frame(Topic::Requests, 1));
    let mut room = std::pin::pin!(hub.room(Topic::Requests, 2, patience));
    assert!(room.as_mut().now_or_never().is_none(), "a place is taken");
    assert_eq!(waiting(&mut client), [1]);
    assert!(room.now_or_never().is_some(), "it is free again");
    hub.publish(frame(Topic::Requests, 2));
    // Nobody takes it.
    hub.room(Topic::Requests, 2, Duration::from_millis(1)).await;
    hub.room(Topic::Health, 2, patience).now_or_never().expect("nobody listens to that");
}

#[test]
fn a_client_whose_queue_is_full_is_dropped_and_the_others_are_not() {
    let hub = hub(2);
    let slow = join(&hub, "slow", Topic::Health).unwrap();
    let mut quick = join(&hub, "quick", Topic::Health).unwrap();
    let mut seen = Vec::new();
    for number in 1..=5 {
        hub.publish(frame(Topic::Health, number));
        seen.extend(waiting(&mut quick));
    }
    assert!(matches!(slow.ended().now_or_never(), Some(Heard::Dropped)));
    assert!(quick.ended().now_or_never().is_none());
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    assert_eq!(hub.clients(), 2, "a dropped client has its place until it is gone");
    drop(slow);
    assert_eq!(hub.clients(), 1);
}

#[test]
fn clients_are_bounded_together_and_for_each_one() {
    let hub = hub(1);
    let first = join(&hub, "ada", Topic::Health).unwrap();
    let _second = join(&hub, "ada", Topic::Health).unwrap();
    assert_eq!(join(&hub, "ada", Topic::Health).err(), Some(Refused::TooManyOfOne));
    let _third = join(&hub, "bob", Topic::Health).unwrap();
    assert_eq!(join(&hub, "eve", Topic::Health).err(), Some(Refused::Full));
    drop(first);
    assert!(join(&hub, "ada", Topic::Health).is_ok());
}

#[test]
fn a_client_knows_the_position_from_which_on_it_is_told() {
    let hub = hub(4);
    assert_eq!(join(&hub, "a", Topic::Health).unwrap().joined_at(), EventSeq(5));
    hub.publish(frame(Topic::Health, 6).at(EventSeq(6)));
    hub.advance(EventSeq(7));
    assert_eq!(join(&hub, "a", Topic::Health).unwrap().joined_at(), EventSeq(7));
}

#[test]
fn who_watches_a_server_is_told_of_it_alone_and_of_its_end() {
    let hub = hub(8);
    let server = ServerId(Uuid::from_u128(1));
    let viewer = Arc::new(Viewer::new(None, Strangers::SeeShared));
    let interest = Interest { topics: Topic::Health.into(), server: Some(server) };
    let mut client = hub.join("a".to_owned(), viewer, interest).unwrap();
    let about =
        |number, id| frame(Topic::Health, number).about(Some(ServerId(Uuid::from_u128(id))));
    hub.publish(about(1, 1));
    hub.publish(about(2, 2));
    hub.publish(frame(Topic::Health, 3));
    let end =
        Frame::new(Topic::Servers, "server_deleted", Timestamp::UNIX_EPOCH, json!({"number": 4}));
    hub.publish(end.about(Some(server)));
    assert_eq!(waiting(&mut client), [1, 4]);
}

#[test]
fn wishes_change() {
    let hub = hub(8);
    let mut client = join(&hub, "a", Topic::Health).unwrap();
    client.want(Interest { topics: Topic::Metrics.into(), server: None });
    hub.publish(frame(Topic::Health, 1));
    hub.publish(frame(Topic::Metrics, 2));
    assert_eq!(waiting(&mut client), [2]);
    assert!(hub.has_listeners(Topic::Metrics) && !hub.has_listeners(Topic::Health));
}

#[test]
fn after_the_end_nobody_is_let_in() {
    let hub = hub(1);
    let client = join(&hub, "a", Topic::Health).unwrap();
    hub.stop();
    assert!(matches!(client.ended().now_or_never(), Some(Heard::Stopped)));
    assert_eq!(join(&hub, "a", Topic::Health).err(), Some(Refused::Stopping));
}
