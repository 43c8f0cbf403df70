//! Asking all replicas.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use registry_domain::ports::{AnswerHandler, ReplicaBus};

use super::{REPLICAS, Subject};
use crate::world::{eventually, in_time};
use crate::{DEADLINE, Outcome};

/// Longer than any behaviour may take: who comes to this has waited for nothing.
const LONG: Duration = Duration::from_hours(1);

/// Answers the question with a mark before it.
fn echo(mark: &str) -> AnswerHandler {
    let mark = mark.to_owned();
    Arc::new(move |question| {
        let answer = [mark.as_bytes(), question.as_ref()].concat();
        Box::pin(async move { Some(Bytes::from(answer)) })
    })
}

/// Never answers.
fn silence() -> AnswerHandler {
    Arc::new(|_| Box::pin(std::future::pending()))
}

async fn ask(
    bus: &Arc<dyn ReplicaBus>,
    topic: &str,
    question: &'static str,
) -> Result<Vec<String>, libtest_mimic::Failed> {
    let asked = bus.ask(topic, Bytes::from_static(question.as_bytes()), LONG);
    let mut answers: Vec<String> = in_time("all have answered", asked)
        .await??
        .iter()
        .map(|answer| String::from_utf8_lossy(answer).into_owned())
        .collect();
    answers.sort();
    Ok(answers)
}

pub(super) async fn all_live_replicas_answer(subject: &Subject) -> Outcome {
    for (number, bus) in subject.all().iter().enumerate() {
        bus.answer("calls", echo(&number.to_string()));
    }
    for bus in subject.all() {
        assert_eq!(ask(&bus, "calls", "?").await?, ["0?", "1?", "2?"]);
    }
    Ok(())
}

pub(super) async fn ask_ends_when_all_live_replicas_have_answered(subject: &Subject) -> Outcome {
    for bus in subject.all() {
        bus.answer("calls", echo("x"));
        bus.answer("others", silence());
    }
    // It may take an hour, and takes as long as the answers do.
    assert_eq!(ask(&subject.bus(0), "calls", "").await?, ["x"; REPLICAS]);
    Ok(())
}

pub(super) async fn a_replica_without_a_handler_is_not_waited_for(subject: &Subject) -> Outcome {
    subject.bus(1).answer("calls", echo("1"));
    subject.bus(2).answer("calls", Arc::new(|_| Box::pin(async { None })));
    assert_eq!(ask(&subject.bus(0), "calls", "?").await?, ["1?"]);
    assert_eq!(ask(&subject.bus(0), "nothing", "?").await?, [""; 0]);
    Ok(())
}

pub(super) async fn a_silent_replica_does_not_hold_ask_longer_than_its_time(
    subject: &Subject,
) -> Outcome {
    subject.bus(0).answer("calls", echo("0"));
    subject.bus(1).answer("calls", silence());
    subject.bus(2).answer("calls", echo("2"));
    let bus = subject.bus(0);
    // On a busy machine the others may be late too, but not always.
    eventually("the others have answered", || async {
        let asked = bus.ask("calls", Bytes::new(), Duration::from_millis(200));
        let answers = in_time("ask ended", asked).await??;
        assert!(answers.len() < REPLICAS, "{answers:?}");
        Ok(answers.len() == REPLICAS - 1)
    })
    .await
}

pub(super) async fn parallel_questions_do_not_mix(subject: &Subject) -> Outcome {
    for bus in subject.all() {
        bus.answer("calls", echo("="));
    }
    let buses = subject.all();
    let questions = (0..30).map(|number: usize| {
        let bus = buses.iter().cycle().nth(number).map(Arc::clone);
        async move {
            let question = Bytes::from(format!("{number}"));
            let Some(bus) = bus else { return Err("no bus".into()) };
            let answers = bus.ask("calls", question, DEADLINE).await?;
            assert_eq!(answers, vec![Bytes::from(format!("={number}")); REPLICAS]);
            Ok::<(), libtest_mimic::Failed>(())
        }
    });
    for told in in_time("all were answered", join_all(questions)).await? {
        told?;
    }
    Ok(())
}

pub(super) async fn a_later_handler_replaces_an_earlier_one(subject: &Subject) -> Outcome {
    subject.bus(1).answer("calls", silence());
    subject.bus(1).answer("calls", echo("later"));
    assert_eq!(ask(&subject.bus(2), "calls", "").await?, ["later"]);
    Ok(())
}
