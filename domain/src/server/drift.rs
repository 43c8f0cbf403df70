//! What becomes of a server that offers something else than what was pinned.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{PinnedManifest, Server};
use crate::change::Change;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::UserId;
use crate::manifest::{Definition, DefinitionKind, Difference, Drift, DriftPolicy, Manifest};

/// How many names of each kind of difference an event tells.
const MOST_NAMES: usize = 20;

/// There is nothing to decide on: what is offered is what is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server offers what is pinned")]
pub struct NoDrift;

impl Server {
    /// The names of pinned definitions that the upstream has something else for.
    pub fn withheld(&self) -> HashSet<(DefinitionKind, String)> {
        match (&self.manifest, &self.drift) {
            (PinnedManifest::Pinned { manifest, .. }, Some(drift)) => drift.withheld(manifest),
            _ => HashSet::new(),
        }
    }

    /// Makes of the server what a policy serves of it.
    pub fn serve_under(&mut self, policy: DriftPolicy) {
        if policy == DriftPolicy::Flag {
            self.drift = None;
        }
    }

    /// What is pinned, and what differs from it.
    pub fn difference(&self) -> Option<(Difference<'_>, &Drift)> {
        match (&self.manifest, &self.drift) {
            (PinnedManifest::Pinned { manifest, .. }, Some(drift)) => {
                Some((Difference::between(manifest, &drift.seen), drift))
            }
            _ => None,
        }
    }

    /// The server after it was seen to offer `seen`; `None` if that is no news.
    pub fn offering(self, seen: Manifest, stamp: EventStamp) -> Option<Change<Self>> {
        let pinned = self.manifest.digest()?;
        let known = self.drift.as_ref().map(|drift| drift.seen.digest());
        if seen.digest() == pinned {
            known?;
            let event = RegistryEvent::by_product(EventKind::ManifestRestored, stamp);
            let said = json!({"manifest_digest": pinned.to_string()});
            return Some(self.moved(None, event.saying(said)));
        }
        if known == Some(seen.digest()) {
            return None;
        }
        let drift = Drift { seen, since: stamp.at, refused: false };
        let event = RegistryEvent::by_product(EventKind::ManifestDrifted, stamp);
        let said = self.told(&drift);
        Some(self.moved(Some(drift), event.saying(said)))
    }

    /// Pins what it offers now: somebody saw it.
    ///
    /// # Errors
    /// [`NoDrift`].
    pub fn accept_drift(self, actor: UserId, stamp: EventStamp) -> Result<Change<Self>, NoDrift> {
        let drift = self.drift.clone().ok_or(NoDrift)?;
        let event = RegistryEvent::of(EventKind::DriftAccepted, stamp, actor);
        let said = self.told(&drift);
        let manifest = PinnedManifest::Pinned { manifest: drift.seen, reviewed: true };
        Ok(Self { manifest, ..self }.moved(None, event.saying(said)))
    }

    /// Leaves it as it is: what differs stays withheld.
    ///
    /// # Errors
    /// [`NoDrift`].
    pub fn refuse_drift(self, actor: UserId, stamp: EventStamp) -> Result<Change<Self>, NoDrift> {
        let drift = self.drift.clone().ok_or(NoDrift)?;
        let event = RegistryEvent::of(EventKind::DriftRefused, stamp, actor);
        let said = self.told(&drift);
        Ok(self.moved(Some(Drift { refused: true, ..drift }), event.saying(said)))
    }

    fn moved(self, drift: Option<Drift>, event: RegistryEvent) -> Change<Self> {
        let event = RegistryEvent {
            registration: self.registration,
            ..event.on_server(self.id, self.tenant.clone())
        };
        let expected = self.revision;
        let next = Self { drift, updated_at: event.at, revision: expected.next(), ..self };
        Change { next, expected: Some(expected), events: vec![event] }
    }

    /// A difference as an event tells it: names, and not more of them than people read.
    fn told(&self, drift: &Drift) -> Value {
        let PinnedManifest::Pinned { manifest, .. } = &self.manifest else { return json!({}) };
        let difference = Difference::between(manifest, &drift.seen);
        let names = |definitions: &[&Definition]| -> Vec<String> {
            definitions.iter().take(MOST_NAMES).map(|one| one.name.clone()).collect()
        };
        let changed: Vec<&Definition> = difference.changed.iter().map(|(_, seen)| *seen).collect();
        json!({
            "pinned_digest": manifest.digest().to_string(),
            "manifest_digest": drift.seen.digest().to_string(),
            "added": names(&difference.added),
            "changed": names(&changed),
            "dropped": names(&difference.dropped),
            "added_count": difference.added.len(),
            "changed_count": changed.len(),
            "dropped_count": difference.dropped.len(),
        })
    }
}

#[cfg(test)]
mod tests;
