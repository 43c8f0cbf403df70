//! `RegistrationStore`: registrations with their candidates, guarded by their revisions.

use async_trait::async_trait;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::id::{RegistrationId, Revision};
use registry_domain::manifest::Discovery;
use registry_domain::ports::{
    ApprovalChange, CandidateRecord, DiscoveryJob, Order, Page, PortError, RegistrationQuery,
    RegistrationStore, RegistrationView, ServerSummary,
};
use registry_domain::registration::{Registration, RegistrationStatus, Removal};
use registry_domain::server::{PinnedManifest, Server};

use super::{Memory, State, count, page};

/// A registration with its candidate.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    registration: Registration,
    discovery: Discovery,
    attempts: u32,
    due_at: Option<Timestamp>,
}

impl Kept {
    /// What nobody has looked at yet.
    fn unseen(registration: Registration) -> Self {
        let due_at = Some(registration.submitted_at);
        Self { registration, discovery: Discovery::Pending, attempts: 0, due_at }
    }

    fn is_pending(&self) -> bool {
        self.registration.status() == RegistrationStatus::Pending
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.is_pending() && self.due_at.is_some_and(|at| at <= now)
    }

    fn matches(&self, query: &RegistrationQuery) -> bool {
        let Registration { content, submitter, .. } = &self.registration;
        let found = |wanted: &String| {
            let texts = [&content.endpoint_name, &content.owner_contact];
            let wanted = wanted.to_lowercase();
            texts
                .into_iter()
                .chain(&content.description)
                .any(|text| text.to_lowercase().contains(&wanted))
        };
        query.status.is_none_or(|status| status == self.registration.status())
            && query.submitter.is_none_or(|id| id == *submitter)
            && query.search.as_ref().is_none_or(found)
    }
}

/// Whether an address is a registration's own, or the one that it serves while it proposes another.
fn holds(registration: &Registration, key: &str) -> bool {
    let served = registration.standing.as_ref().map(|standing| &standing.content);
    let mut contents = std::iter::once(&registration.content).chain(served);
    contents.any(|content| content.endpoint_url.key() == key)
}

/// The place of a registration in a list.
fn place(view: &RegistrationView) -> (Timestamp, RegistrationId) {
    (view.registration.created_at, view.registration.id)
}

impl State {
    pub(super) fn revision(&self, id: RegistrationId) -> Option<Revision> {
        self.registrations.get(&id).map(|kept| kept.registration.revision)
    }

    /// Refuses a write on any revision but the stored one.
    fn require(&self, id: RegistrationId, expected: Option<Revision>) -> Result<(), PortError> {
        let current = self.revision(id);
        if current == expected { Ok(()) } else { Err(PortError::Conflict { current }) }
    }

    fn require_free_url(&self, wanted: &Registration) -> Result<(), PortError> {
        let key = wanted.content.endpoint_url.key();
        let holder = self
            .registrations
            .values()
            .map(|kept| &kept.registration)
            .find(|other| other.id != wanted.id && holds(other, &key));
        match holder {
            None => Ok(()),
            Some(other) => {
                Err(PortError::AlreadyExists { key: "endpoint_url", existing: Some(other.id.0) })
            }
        }
    }

    fn view(&self, kept: &Kept) -> RegistrationView {
        let summary = |server: &Server| ServerSummary {
            id: server.id,
            alias: server.alias.clone(),
            manifest_digest: server.manifest.digest(),
            reviewed: matches!(server.manifest, PinnedManifest::Pinned { reviewed: true, .. }),
        };
        RegistrationView {
            registration: kept.registration.clone(),
            discovery: kept.discovery.clone(),
            server: self.server_of(kept.registration.id).map(summary),
        }
    }
}

#[async_trait]
impl RegistrationStore for Memory {
    async fn commit(&self, change: &Change<Registration>) -> Result<(), PortError> {
        let next = change.next.clone();
        self.write(|state| {
            state.require(next.id, change.expected)?;
            state.require_free_url(&next)?;
            state.append(&change.events, None);
            match state.registrations.get_mut(&next.id) {
                // A rejection keeps the candidate that it was made on.
                Some(kept) if next.status() == RegistrationStatus::Rejected => {
                    kept.registration = next;
                }
                _ => {
                    state.registrations.insert(next.id, Kept::unseen(next));
                }
            }
            Ok(())
        })
    }

    async fn commit_approval(&self, approval: &ApprovalChange) -> Result<(), PortError> {
        let Change { next, expected, events } = &approval.registration;
        self.write(|state| {
            state.require(next.id, *expected)?;
            let kept = state.registrations.get_mut(&next.id).ok_or(PortError::NotFound)?;
            if kept.discovery.digest() != approval.candidate {
                return Err(PortError::Conflict { current: *expected });
            }
            kept.registration = next.clone();
            state.put_server(&approval.server)?;
            state.append(events, None);
            state.append(&approval.server.events, None);
            Ok(())
        })
    }

    async fn commit_removal(
        &self,
        removal: &Removal,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError> {
        self.write(|state| {
            state.revision(removal.id).ok_or(PortError::NotFound)?;
            state.require(removal.id, Some(removal.expected))?;
            state.registrations.remove(&removal.id);
            state.forget_belongings(removal.id);
            let server = state.remove_server_of(removal.id, alias_free_at);
            state.append(&removal.events, server);
            Ok(())
        })
    }

    async fn record_candidate(&self, record: &CandidateRecord) -> Result<bool, PortError> {
        self.write(|state| {
            let Some(kept) = state.registrations.get_mut(&record.registration) else {
                return Ok(false);
            };
            if !kept.is_pending() || kept.registration.revision != record.revision {
                return Ok(false);
            }
            kept.attempts += u32::from(matches!(record.discovery, Discovery::Failed { .. }));
            kept.discovery = record.discovery.clone();
            kept.due_at = record.next_attempt_at;
            state.append(std::slice::from_ref(&record.event), None);
            Ok(true)
        })
    }

    async fn find(&self, id: RegistrationId) -> Result<Option<RegistrationView>, PortError> {
        Ok(self.read(|state| state.registrations.get(&id).map(|kept| state.view(kept))))
    }

    async fn find_by_url(
        &self,
        text: &str,
        key: Option<&str>,
    ) -> Result<Option<RegistrationView>, PortError> {
        Ok(self.read(|state| {
            let url = |kept: &Kept| kept.registration.content.endpoint_url.clone();
            let mut all = state.registrations.values();
            let by_text = all.clone().find(|kept| url(kept).as_str() == text);
            let found = by_text.or_else(|| all.find(|kept| Some(url(kept).key().as_str()) == key));
            found.map(|kept| state.view(kept))
        }))
    }

    async fn list(&self, query: &RegistrationQuery) -> Result<Page<RegistrationView>, PortError> {
        Ok(self.read(|state| {
            let matching = state.registrations.values().filter(|kept| kept.matches(query));
            let mut views: Vec<_> = matching.map(|kept| state.view(kept)).collect();
            let total = count(views.len());
            views.sort_by_key(place);
            if query.order == Order::NewestFirst {
                views.reverse();
            }
            if let Some(after) = query.after {
                let last = (after.created_at, after.id);
                views.retain(|view| match query.order {
                    Order::NewestFirst => place(view) < last,
                    Order::OldestFirst => place(view) > last,
                });
            }
            Page { total, items: page(views.into_iter(), query.offset, query.limit) }
        }))
    }

    async fn due_discoveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DiscoveryJob>, PortError> {
        Ok(self.read(|state| {
            let due = state.registrations.values().filter(|kept| kept.is_due(now));
            let jobs = due.map(|kept| DiscoveryJob {
                registration: kept.registration.clone(),
                attempts: kept.attempts,
            });
            page(jobs, 0, limit)
        }))
    }
}
