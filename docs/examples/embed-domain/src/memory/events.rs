//! `EventLog`: a vector, and the audit trail as those of its events that have an action.

use async_trait::async_trait;
use registry_domain::event::{EventSeq, RegistryEvent, SequencedEvent};
use registry_domain::id::ServerId;
use registry_domain::ports::{AuditQuery, AuditView, EventLog, Page, PortError};

use super::{Memory, State, count, page};

impl State {
    /// Appends events; those of a removal name the server that went, too.
    pub(super) fn append(&mut self, events: &[RegistryEvent], server: Option<ServerId>) {
        self.events.extend(events.iter().cloned().map(|event| {
            let server = event.server.or(server);
            RegistryEvent { server, ..event }
        }));
    }

    pub(super) fn latest(&self) -> EventSeq {
        EventSeq(i64::try_from(self.events.len()).unwrap_or(i64::MAX))
    }

    /// The audit row of an event, where the trail keeps one.
    fn audit_row(&self, event: &RegistryEvent) -> Option<AuditView> {
        let actor = event.actor?;
        let user = self.users.get(&actor)?;
        Some(AuditView {
            id: event.id,
            registration: event.registration?,
            user: actor,
            user_email: user.email.clone(),
            user_display_name: user.display_name.clone(),
            action: event.kind.audit_action()?,
            previous_status: event.previous_status,
            new_status: event.new_status,
            metadata: event.metadata.clone(),
            at: event.at,
        })
    }
}

fn matches(query: &AuditQuery, row: &AuditView) -> bool {
    query.registration.is_none_or(|id| id == row.registration)
        && query.user.is_none_or(|id| id == row.user)
        && query.action.is_none_or(|action| action == row.action)
        && query.from.is_none_or(|from| from <= row.at)
        && query.to.is_none_or(|to| row.at <= to)
}

#[async_trait]
impl EventLog for Memory {
    async fn latest(&self) -> Result<EventSeq, PortError> {
        Ok(self.read(State::latest))
    }

    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Vec<SequencedEvent>, PortError> {
        Ok(self.read(|state| {
            let numbered = (1..).map(EventSeq).zip(&state.events).filter(|(at, _)| *at > seq);
            let events = numbered.map(|(seq, event)| SequencedEvent { seq, event: event.clone() });
            page(events, 0, limit)
        }))
    }

    async fn wait(&self, seq: EventSeq) {
        // Listening begins before looking: an event in between is not missed.
        let changed = self.changed.notified();
        if self.read(State::latest) <= seq {
            changed.await;
        }
    }

    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditView>, PortError> {
        Ok(self.read(|state| {
            let rows: Vec<AuditView> = state
                .events
                .iter()
                .rev()
                .filter_map(|event| state.audit_row(event))
                .filter(|row| matches(query, row))
                .collect();
            let total = count(rows.len());
            Page { total, items: page(rows.into_iter(), query.offset, query.limit) }
        }))
    }
}
