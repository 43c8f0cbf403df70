//! The calls that are under way on one connection, and to which of them a message belongs.
//!
//! A response belongs to the call with its id, a progress notification to the one with its token.
//! What names neither (a log message, a question of the server) belongs to the newest call of the
//! one client whose connection it is; where many share it, to a call only if it is the only one:
//! what is one person's must not show up for another.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use mcp_wire::splice::{replace_asked_token, replace_told_token, told_token};
use mcp_wire::{Envelope, MessageKind};
use parking_lot::Mutex;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;

use super::mailbox::{Mail, Mailbox};
use crate::fault::failure;

/// The most calls that are under way on one connection.
const MOST_CALLS: usize = 1024;

#[derive(Debug)]
struct Waiting {
    mailbox: Arc<Mailbox>,
    number: u64,
    /// Our progress token and the client's, as raw JSON.
    tokens: Option<(String, String)>,
}

#[derive(Debug, Default)]
struct State {
    /// By id, without quotes: some servers make a string of a number.
    waiting: HashMap<String, Waiting>,
    begun: u64,
    lost: Option<UpstreamFailure>,
}

/// The calls that are under way.
#[derive(Debug)]
pub(crate) struct Calls {
    state: Mutex<State>,
    is_shared: AtomicBool,
    max_bytes: usize,
}

/// What is to be done about a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing: it was delivered, or is nobody's.
    Done,
    /// It asks whether we are there.
    Ping(String),
    /// It asks something that nobody can be asked.
    Unasked(String),
    /// It is no message of JSON-RPC.
    Nonsense,
}

/// A call's place; dropping it means that its answer is no longer waited for.
#[derive(Debug)]
pub(crate) struct Place {
    calls: Arc<Calls>,
    key: String,
    number: u64,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.calls.state.lock();
        if state.waiting.get(&self.key).is_some_and(|waiting| waiting.number == self.number) {
            state.waiting.remove(&self.key);
        }
    }
}

fn key(id_json: &str) -> &str {
    id_json.trim_matches('"')
}

impl Calls {
    pub(crate) fn new(is_shared: bool, max_bytes: usize) -> Self {
        Self { state: Mutex::default(), is_shared: AtomicBool::new(is_shared), max_bytes }
    }

    /// Says that many use the connection.
    pub(crate) fn share(&self) {
        self.is_shared.store(true, Ordering::Relaxed);
    }

    /// Takes a place for a request; answers the request as the server gets it.
    ///
    /// # Errors
    /// The connection is lost or has too many calls; nothing was sent.
    pub(crate) fn begin(
        self: &Arc<Self>,
        id_json: &str,
        request: &Bytes,
    ) -> Result<(Place, Bytes), UpstreamFailure> {
        let mut state = self.state.lock();
        if let Some(lost) = &state.lost {
            return Err(UpstreamFailure { request_sent: false, ..lost.clone() });
        }
        let key = key(id_json).to_owned();
        if state.waiting.len() >= MOST_CALLS || state.waiting.contains_key(&key) {
            let detail = "as many calls are under way on the connection as may be";
            return Err(failure(FaultClass::Unreachable, detail, false));
        }
        state.begun += 1;
        let number = state.begun;
        let ours = format!("\"p{number}\"");
        let (request, tokens) = match replace_asked_token(request, &ours) {
            Some((request, theirs)) => (request, Some((ours, theirs))),
            None => (request.clone(), None),
        };
        let mailbox = Arc::new(Mailbox::new(self.max_bytes));
        let waiting = Waiting { mailbox: Arc::clone(&mailbox), number, tokens };
        state.waiting.insert(key.clone(), waiting);
        drop(state);
        Ok((Place { calls: Arc::clone(self), key, number, mailbox }, request))
    }

    /// Takes a message of the server to the call that it belongs to.
    pub(crate) fn take(&self, message: &Bytes) -> Taken {
        let Ok(envelope) = Envelope::parse(message) else { return Taken::Nonsense };
        let id = envelope.id_json();
        match (envelope.kind(), envelope.method.as_deref()) {
            (MessageKind::Response, _) => {
                let is_error = envelope.error.is_some();
                self.respond(id, is_error, message);
            }
            (MessageKind::Notification, Some("notifications/progress")) => self.progress(message),
            // A question of the server is never kept waiting once its call is over, and a list that
            // changed is read anew by discovery: neither needs anybody told.
            (MessageKind::Notification, _) => {
                self.tell(message.clone());
            }
            (MessageKind::Request, Some("ping")) => return Taken::Ping(id.to_owned()),
            (MessageKind::Request, _) => {
                if !self.tell(message.clone()) {
                    return Taken::Unasked(id.to_owned());
                }
            }
        }
        Taken::Done
    }

    fn respond(&self, id_json: &str, is_error: bool, message: &Bytes) {
        let mut state = self.state.lock();
        let key = match key(id_json) {
            // An error without an id is of the only call there is, or of nobody's.
            "null" if is_error && state.waiting.len() == 1 => state.waiting.keys().next().cloned(),
            key => Some(key.to_owned()),
        };
        if let Some(waiting) = key.and_then(|key| state.waiting.remove(&key)) {
            waiting.mailbox.put(Mail { message: message.clone(), is_response: true });
        }
    }

    fn progress(&self, message: &Bytes) {
        let Some(token) = told_token(message) else { return };
        let state = self.state.lock();
        for waiting in state.waiting.values() {
            if let Some((ours, theirs)) = &waiting.tokens
                && ours == token
                && let Some(message) = replace_told_token(message, theirs)
            {
                waiting.mailbox.put(Mail { message, is_response: false });
                return;
            }
        }
    }

    /// Whether there was somebody to tell.
    fn tell(&self, message: Bytes) -> bool {
        let state = self.state.lock();
        let newest = state.waiting.values().max_by_key(|waiting| waiting.number);
        let newest =
            newest.filter(|_| !self.is_shared.load(Ordering::Relaxed) || state.waiting.len() == 1);
        if let Some(waiting) = newest {
            waiting.mailbox.put(Mail { message, is_response: false });
        }
        newest.is_some()
    }

    /// Fails everything that is under way, and whatever comes later.
    pub(crate) fn lose(&self, failure: UpstreamFailure) {
        let mut state = self.state.lock();
        for (_, waiting) in state.waiting.drain() {
            waiting.mailbox.fail(UpstreamFailure { request_sent: true, ..failure.clone() });
        }
        state.lost.get_or_insert(failure);
    }

    /// Whether it was lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.state.lock().lost.is_some()
    }

    /// Whether nobody waits for anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.lock().waiting.is_empty()
    }
}

#[cfg(test)]
mod tests;
