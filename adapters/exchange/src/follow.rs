//! What a server tells by itself, outside of calls: that its lists changed, or a resource.
//!
//! One stream is held with a server for all who listen on behalf of one session of a client, or of
//! one person without a session: `GET` from a server with a handshake, `subscriptions/listen` from
//! one without. It is opened anew when it breaks, and ends when nobody listens any more.

mod task;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use mcp_wire::message::ListKinds;
use parking_lot::Mutex;
use registry_domain::caller::Caller;
use registry_domain::id::ServerId;
use registry_domain::party::{Party, Principal};
use tokio::runtime::Handle;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

use crate::client_sessions::ClientSession;
use crate::exchange::Exchange;
use task::Task;

/// The most streams that are held with servers; who comes later hears what the gateway itself knows.
const MOST: usize = 4_096;
/// News that a listener may be behind.
const KEPT: usize = 64;

/// The resources that are wanted, and by how many.
type Wanted = BTreeMap<String, usize>;

/// On whose behalf a server is followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Whose {
    server: ServerId,
    principal: Principal,
    session: Option<String>,
}

impl Whose {
    pub(crate) fn of(
        server: ServerId,
        party: &Party,
        session: Option<&Arc<ClientSession>>,
    ) -> Self {
        let session = session.map(|session| session.id.clone());
        Self { server, principal: party.principal(), session }
    }
}

/// What a server told.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// Lists changed.
    Lists(ListKinds),
    /// A resource changed.
    Updated(Arc<str>),
    /// Something else, for the session that it was told in: the message.
    Other(Bytes),
}

/// A server that is followed for as long as somebody holds this.
#[derive(Debug)]
struct Followed {
    told: broadcast::Sender<News>,
    wanted: watch::Sender<Wanted>,
}

impl Followed {
    fn want(&self, uri: &str) {
        self.wanted.send_modify(|wanted| *wanted.entry(uri.to_owned()).or_default() += 1);
    }

    fn unwant(&self, uri: &str) {
        self.wanted.send_if_modified(|wanted| {
            let Some(count) = wanted.get_mut(uri) else { return false };
            *count -= 1;
            let is_last = *count == 0;
            if is_last {
                wanted.remove(uri);
            }
            is_last
        });
    }
}

/// All that are followed.
#[derive(Debug, Default)]
pub(crate) struct Followers(Mutex<HashMap<Whose, Weak<Followed>>>);

impl Followers {
    /// Follows a server, wanting these resources; `None` where as many are followed as may be.
    pub(crate) fn follow(
        exchange: &Exchange,
        door: &str,
        server: ServerId,
        caller: &Arc<Caller>,
        session: Option<&Arc<ClientSession>>,
        uris: Vec<String>,
    ) -> Option<Following> {
        let party = Party::Caller(Arc::clone(caller));
        let whose = Whose::of(server, &party, session);
        let mut all = exchange.followers.0.lock();
        let held = all.get(&whose).and_then(Weak::upgrade);
        let followed = if let Some(followed) = held {
            followed
        } else {
            all.retain(|_, followed| followed.strong_count() > 0);
            if all.len() >= MOST {
                return None;
            }
            let followed = Arc::new(Followed {
                told: broadcast::Sender::new(KEPT),
                wanted: watch::Sender::new(Wanted::new()),
            });
            all.insert(whose, Arc::downgrade(&followed));
            let task = Task {
                exchange: exchange.clone(),
                door: door.to_owned(),
                party,
                session: session.cloned(),
                told: followed.told.clone(),
                wanted: followed.wanted.subscribe(),
                credential: None,
                asked: 0,
            };
            Handle::current().spawn(task.run());
            followed
        };
        drop(all);
        for uri in &uris {
            followed.want(uri);
        }
        Some(Following { told: followed.told.subscribe(), followed, uris })
    }

    /// Wants a resource beside those that listeners came with, where somebody listens.
    pub(crate) fn want(&self, whose: &Whose, uri: &str) {
        if let Some(followed) = self.held(whose) {
            followed.want(uri);
        }
    }

    /// Wants a resource no more.
    pub(crate) fn unwant(&self, whose: &Whose, uri: &str) {
        if let Some(followed) = self.held(whose) {
            followed.unwant(uri);
        }
    }

    /// Wants a resource that a session's client named at another replica.
    pub(crate) fn want_in_session(&self, server: ServerId, session: &str, uri: &str) {
        if let Some(followed) = self.held_in_session(server, session) {
            followed.want(uri);
        }
    }

    /// Wants it no more.
    pub(crate) fn unwant_in_session(&self, server: ServerId, session: &str, uri: &str) {
        if let Some(followed) = self.held_in_session(server, session) {
            followed.unwant(uri);
        }
    }

    fn held_in_session(&self, server: ServerId, session: &str) -> Option<Arc<Followed>> {
        let all = self.0.lock();
        let is =
            |whose: &&Whose| whose.server == server && whose.session.as_deref() == Some(session);
        all.iter().find(|(whose, _)| is(whose)).and_then(|(_, followed)| followed.upgrade())
    }

    fn held(&self, whose: &Whose) -> Option<Arc<Followed>> {
        self.0.lock().get(whose).and_then(Weak::upgrade)
    }
}

/// One who listens to a server.
#[derive(Debug)]
pub(crate) struct Following {
    told: broadcast::Receiver<News>,
    followed: Arc<Followed>,
    uris: Vec<String>,
}

impl Following {
    /// What the server tells next. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> News {
        match self.told.recv().await {
            Ok(news) => news,
            Err(RecvError::Lagged(_)) => News::Lists(ListKinds::ALL),
            // Whoever told has ended; the gateway itself may still have something to tell.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        for uri in &self.uris {
            self.followed.unwant(uri);
        }
    }
}
