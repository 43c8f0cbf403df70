//! Calls that begin and end, as those are told who listen: on the call path a notice is put into a
//! bounded queue, and a job makes frames of it.
//!
//! Each process tells of its own calls. When more happens than can be told, listeners are told to
//! look at the list of running calls anew; no call ever waits for them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use registry_domain::party::Principal;
use registry_domain::ports::Clock;
use registry_exchange::{CallChange, CallNotice, CallWatch};
use registry_http_edge::active_request::ActiveRequest;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::frame::Frame;
use crate::hub::Hub;
use crate::topic::Topic;

/// Notices that wait to be told.
const MOST_WAITING: usize = 1024;

/// Notices that are told at a time: far fewer than a client's queue holds.
const AT_ONCE: usize = 50;

/// How long a listener has to make room for them.
const PATIENCE: Duration = Duration::from_millis(500);

/// Calls on their way to those who listen.
pub struct CallFeed {
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    notices: VecDeque<CallNotice>,
    /// Whether there were more than can wait.
    some_are_lost: bool,
}

impl CallFeed {
    /// To a hub's clients.
    pub fn new(hub: Arc<Hub>, clock: Arc<dyn Clock>) -> Self {
        Self { hub, clock, waiting: Mutex::default(), wake: Notify::new() }
    }

    /// Waits until there is something, and tells all of it.
    pub async fn pump(&self) {
        self.wake.notified().await;
        loop {
            let (notices, some_are_lost) = self.next();
            if notices.is_empty() && !some_are_lost {
                return;
            }
            self.hub.room(Topic::Requests, AT_ONCE, PATIENCE).await;
            for notice in &notices {
                self.hub.publish(frame(notice));
            }
            if some_are_lost {
                let payload = json!({"reason": "more calls began and ended than can be told: read the list of active requests"});
                let now = self.clock.now();
                self.hub.publish(Frame::new(Topic::Requests, "resync", now, payload));
            }
        }
    }

    /// The next notices; and whether others were lost that would have come after them.
    fn next(&self) -> (Vec<CallNotice>, bool) {
        let mut waiting = self.waiting.lock();
        let count = waiting.notices.len().min(AT_ONCE);
        let notices = waiting.notices.drain(..count).collect();
        let is_all = waiting.notices.is_empty();
        (notices, is_all && std::mem::take(&mut waiting.some_are_lost))
    }
}

impl CallWatch for CallFeed {
    fn is_watching(&self) -> bool {
        self.hub.has_listeners(Topic::Requests)
    }

    fn tell(&self, notice: CallNotice) {
        let mut waiting = self.waiting.lock();
        if waiting.some_are_lost || waiting.notices.len() >= MOST_WAITING {
            waiting.some_are_lost = true;
        } else {
            waiting.notices.push_back(notice);
        }
        drop(waiting);
        self.wake.notify_one();
    }
}

impl fmt::Debug for CallFeed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CallFeed").field("hub", &self.hub).finish_non_exhaustive()
    }
}

/// A call as the list of active ones shows it, and how it ended. Who calls is told to them and to
/// administrators.
fn frame(notice: &CallNotice) -> Frame {
    let (kind, ended) = match notice.change() {
        CallChange::Started => ("request_started", None),
        CallChange::Finished(error) => ("request_finished", Some(error)),
        CallChange::Cancelled(error) => ("request_cancelled", Some(Some(error))),
    };
    let view = notice.view();
    // Strings, numbers and times always serialise.
    let mut whole = serde_json::to_value(ActiveRequest::of(&view)).unwrap_or_default();
    if let (Some(error), Value::Object(whole)) = (ended, &mut whole) {
        whole.insert("success".to_owned(), json!(error.is_none()));
        whole.insert("error_code".to_owned(), json!(error));
    }
    let mut shown = whole.clone();
    if let Value::Object(shown) = &mut shown {
        shown.insert("user_id".to_owned(), Value::Null);
    }
    let frame = Frame::new(Topic::Requests, kind, notice.at(), shown)
        .about(view.server_id)
        .of_call(notice.principal().clone());
    match notice.principal() {
        Principal::Caller { subject, .. } => frame.telling_more(Some(subject.clone()), &whole),
        Principal::Anonymous(_) => frame,
    }
}
