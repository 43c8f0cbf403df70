//! A guarded write: the next state, the revision it was decided on, and what happened.

use crate::event::RegistryEvent;
use crate::id::Revision;

/// What a transition makes and a store commits: aggregate and events together, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<T> {
    /// The state after the change.
    pub next: T,
    /// The revision that the stored row must still have; `None` for a first write.
    pub expected: Option<Revision>,
    /// What happened, for the audit trail and the event log.
    pub events: Vec<RegistryEvent>,
}
