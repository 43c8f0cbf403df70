//! What a client in a session wants to hear of: it changes while the session lasts, and every
//! replica has to know it.

use std::collections::{BTreeMap, BTreeSet};

use registry_domain::id::ServerId;
use serde::{Deserialize, Serialize};

/// The most resources that one client hears of.
const MOST_SUBSCRIBED: usize = 1_000;

/// What a client wants to hear of, as the store keeps it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Wants {
    /// Resources of servers.
    subscribed: BTreeSet<(ServerId, String)>,
    /// The least log level, where it named one.
    log_level: Option<String>,
}

/// What a client said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    /// It wants to hear of a resource of a server.
    Subscribes(ServerId, String),
    /// It wants to hear of it no more.
    Unsubscribes(ServerId, String),
    /// It wants to hear of log messages from this level.
    HearsFrom(String),
}

impl Wants {
    /// Notes a change; `false` when there are too many resources.
    pub(super) fn note(&mut self, change: &Change) -> bool {
        match change {
            Change::Subscribes(server, uri) => {
                let resource = (*server, uri.clone());
                let has_room = self.subscribed.len() < MOST_SUBSCRIBED;
                let fits = has_room || self.subscribed.contains(&resource);
                if fits {
                    self.subscribed.insert(resource);
                }
                return fits;
            }
            Change::Unsubscribes(server, uri) => {
                self.subscribed.remove(&(*server, uri.clone()));
            }
            Change::HearsFrom(level) => self.log_level = Some(level.clone()),
        }
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribed.is_empty() && self.log_level.is_none()
    }

    /// The least log level, where the client named one.
    pub(super) fn log_level(&self) -> Option<String> {
        self.log_level.clone()
    }

    /// All resources, by server.
    pub(super) fn by_server(&self) -> BTreeMap<ServerId, Vec<String>> {
        let mut all: BTreeMap<ServerId, Vec<String>> = BTreeMap::new();
        for (server, uri) in &self.subscribed {
            all.entry(*server).or_default().push(uri.clone());
        }
        all
    }

    /// The resources of a server.
    pub(super) fn subscribed(&self, server: ServerId) -> Vec<String> {
        let all = self.subscribed.iter();
        all.filter(|(of, _)| *of == server).map(|(_, uri)| uri.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn subscribes(uri: impl Into<String>) -> Change {
        Change::Subscribes(ServerId(Uuid::nil()), uri.into())
    }

    #[test]
    fn as_many_resources_are_kept_as_may_and_one_of_them_can_be_named_again() {
        let mut wants = Wants::default();
        assert!((0..MOST_SUBSCRIBED).all(|number| wants.note(&subscribes(number.to_string()))));
        assert!(!wants.note(&subscribes("one more")));
        assert!(wants.note(&subscribes("7")), "it is there already");
        assert!(wants.note(&Change::Unsubscribes(ServerId(Uuid::nil()), "7".to_owned())));
        assert!(wants.note(&subscribes("one more")));
        assert_eq!(wants.subscribed(ServerId(Uuid::nil())).len(), MOST_SUBSCRIBED);
        assert!(wants.subscribed(ServerId(Uuid::max())).is_empty());
    }

    #[test]
    fn what_is_kept_reads_back() {
        let mut wants = Wants::default();
        wants.note(&subscribes("note://a"));
        wants.note(&Change::HearsFrom("info".to_owned()));
        let kept = serde_json::to_vec(&wants).unwrap();
        let read: Wants = serde_json::from_slice(&kept).unwrap();
        assert_eq!(read.subscribed(ServerId(Uuid::nil())), ["note://a"]);
        assert_eq!(read.log_level().as_deref(), Some("info"));
    }
}
