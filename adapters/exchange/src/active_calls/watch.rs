//! Who is told of calls that begin and end. Most of the time nobody listens, and then a call costs
//! the load of one atomic.

use std::sync::Arc;

use jiff::Timestamp;
use registry_domain::party::Principal;
use uuid::Uuid;

use super::replicas::ActiveCallView;
use super::{ActiveCall, ActiveCalls, Running};

/// Is told of calls that begin and end.
pub trait CallWatch: Send + Sync {
    /// Whether anybody listens. It is asked for every call, so it has to cost next to nothing.
    fn is_watching(&self) -> bool;

    /// Takes a notice. It is called on the call path, so it never waits.
    fn tell(&self, notice: CallNotice);
}

/// What happened to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallChange {
    /// A server is asked.
    Started,
    /// It ended; with the stable code of what went wrong, if something did.
    Finished(Option<&'static str>),
    /// It was cancelled, or its client went away; with the code.
    Cancelled(&'static str),
}

/// A call that began or ended.
#[derive(Debug)]
pub struct CallNotice {
    call: Arc<ActiveCall>,
    change: CallChange,
    at: Timestamp,
    replica: Uuid,
}

impl CallNotice {
    /// What happened.
    pub const fn change(&self) -> CallChange {
        self.change
    }

    /// When.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Whose call it is.
    pub fn principal(&self) -> &Principal {
        &self.call.principal
    }

    /// The call as it is listed.
    pub fn view(&self) -> ActiveCallView {
        self.call.view(self.at, self.replica)
    }
}

impl ActiveCalls {
    /// Tells of calls from now on. Whoever comes first stays.
    pub fn watched_by(&self, watch: Arc<dyn CallWatch>) {
        if self.watch.set(watch).is_err() {
            tracing::error!("calls are told of already");
        }
    }

    /// Who is told, if anybody listens.
    fn watch(&self) -> Option<&Arc<dyn CallWatch>> {
        self.watch.get().filter(|watch| watch.is_watching())
    }

    pub(super) fn tell(&self, call: &Arc<ActiveCall>, change: CallChange, at: Timestamp) {
        let Some(watch) = self.watch() else { return };
        let replica = self.bus.replica().0;
        watch.tell(CallNotice { call: Arc::clone(call), change, at, replica });
    }
}

impl Running {
    /// Takes the call off the list, and then tells how it ended: who hears of it does not find it
    /// there any more. Of a call that got to no server nobody was told that it began.
    pub(crate) fn end(self, change: CallChange, at: Timestamp) {
        if self.calls.watch().is_none() {
            return;
        }
        let (calls, call) = (Arc::clone(&self.calls), Arc::clone(&self.call));
        drop(self);
        if call.server.lock().is_some() {
            calls.tell(&call, change, at);
        }
    }
}
