//! What has arrived for one call and was not read yet; bounded.

use std::collections::VecDeque;

use bytes::Bytes;
use parking_lot::Mutex;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;
use tokio::sync::Notify;

use crate::fault::of_answer;

/// The most messages that wait for one reader.
const MOST_MESSAGES: usize = 1024;

/// A message for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// The message, as the server spelled it.
    pub(crate) message: Bytes,
    /// Whether it is the response, after which nothing comes.
    pub(crate) is_response: bool,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Mail>,
    bytes: usize,
    failure: Option<UpstreamFailure>,
}

/// One call's mail. There is one reader.
#[derive(Debug)]
pub(crate) struct Mailbox {
    state: Mutex<State>,
    arrived: Notify,
    max_bytes: usize,
}

impl Mailbox {
    /// An empty one that takes so many bytes, and at least one message whatever its size.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { state: Mutex::default(), arrived: Notify::new(), max_bytes }
    }

    /// Puts a message in. One that does not fit fails the call: its reader is slower than its
    /// server, and the connection is others' too.
    pub(crate) fn put(&self, mail: Mail) {
        let mut state = self.state.lock();
        let bytes = state.bytes.saturating_add(mail.message.len());
        let is_full = state.waiting.len() >= MOST_MESSAGES || bytes > self.max_bytes;
        if is_full && !state.waiting.is_empty() {
            state.failure.get_or_insert_with(|| {
                let detail = "the server tells more than the client reads";
                of_answer(FaultClass::ProtocolViolation, detail)
            });
        } else if state.failure.is_none() {
            state.bytes = bytes;
            state.waiting.push_back(mail);
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// Says that nothing more comes.
    pub(crate) fn fail(&self, failure: UpstreamFailure) {
        self.state.lock().failure.get_or_insert(failure);
        self.arrived.notify_one();
    }

    /// The next message.
    ///
    /// # Errors
    /// Why none comes any more.
    pub(crate) async fn next(&self) -> Result<Mail, UpstreamFailure> {
        loop {
            {
                let mut state = self.state.lock();
                if let Some(mail) = state.waiting.pop_front() {
                    state.bytes = state.bytes.saturating_sub(mail.message.len());
                    return Ok(mail);
                }
                if let Some(failure) = &state.failure {
                    return Err(failure.clone());
                }
            }
            self.arrived.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &'static str) -> Mail {
        Mail { message: Bytes::from_static(text.as_bytes()), is_response: false }
    }

    #[tokio::test]
    async fn mail_is_read_in_order_and_then_why_there_is_no_more() {
        let mailbox = Mailbox::new(100);
        mailbox.put(mail("one"));
        mailbox.put(mail("two"));
        mailbox.fail(of_answer(FaultClass::Unreachable, "gone"));
        assert_eq!(mailbox.next().await.unwrap(), mail("one"));
        assert_eq!(mailbox.next().await.unwrap(), mail("two"));
        assert_eq!(mailbox.next().await.unwrap_err().detail, "gone");
    }

    #[tokio::test]
    async fn a_reader_that_is_too_slow_loses_its_call_and_one_long_message_always_fits() {
        let mailbox = Mailbox::new(4);
        mailbox.put(mail("longer"));
        mailbox.put(mail("x"));
        assert_eq!(mailbox.next().await.unwrap(), mail("longer"));
        let failure = mailbox.next().await.unwrap_err();
        assert_eq!(failure.class, FaultClass::ProtocolViolation);
    }
}
