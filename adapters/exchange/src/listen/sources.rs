//! The servers that one listener hears of by themselves.
//!
//! At a server's own address it is that server. At `/mcp` it is each server of whose resources the
//! client wants to hear: another begins, or ends, as a client in a session says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::select_all;
use registry_domain::caller::Caller;
use registry_domain::federation::FederatedUri;
use registry_domain::id::ServerId;
use registry_domain::routing::{RoutingTable, ServerEntry};
use tokio::sync::watch;

use crate::changes::Scope;
use crate::client_sessions::ClientSession;
use crate::exchange::Exchange;
use crate::follow::{Followers, Following, News};
use crate::inbound::Door;
use crate::lists::foreign_tenant;
use crate::way;

/// The most servers that one listener at `/mcp` hears of by themselves.
const MOST: usize = 64;

/// What servers tell one listener.
pub(super) struct Sources {
    followed: Vec<(ServerId, Following)>,
    /// The session of a client that has one, and the news of what it wants.
    session: Option<(Arc<ClientSession>, watch::Receiver<u64>)>,
    /// What it takes to follow another server, where the session may want one.
    more: Option<(Exchange, Arc<Caller>)>,
}

impl Sources {
    /// Follows what is to be followed from the beginning. Of the resources that are left over, the
    /// client is told.
    pub(super) fn of(
        exchange: &Exchange,
        caller: &Arc<Caller>,
        (door, scope): (&Door, Scope),
        session: Option<Arc<ClientSession>>,
        resources: &mut Vec<String>,
    ) -> Self {
        let session = session.map(|session| {
            let changes = session.changes();
            (session, changes)
        });
        let mut sources = Self { followed: Vec::new(), session, more: None };
        match (door, scope) {
            (Door::Server(name), Scope::Server(server)) => {
                let uris = match &sources.session {
                    Some((session, _)) => session.subscribed(server),
                    None => resources.clone(),
                };
                if !sources.follow(exchange, caller, (name, server), uris) {
                    resources.clear();
                }
            }
            (Door::Federated, _) if sources.session.is_some() => {
                sources.more = Some((exchange.clone(), Arc::clone(caller)));
                sources.look();
            }
            (Door::Federated, _) => sources.follow_all(exchange, caller, resources),
            _ => resources.clear(),
        }
        sources
    }

    /// Whether the client hears whatever else its servers tell in its session.
    pub(super) const fn in_session(&self) -> bool {
        self.session.is_some()
    }

    /// What a server tells next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> (ServerId, News) {
        loop {
            let Self { followed, session, more } = self;
            let changes = session.as_mut().filter(|_| more.is_some());
            let anew = async {
                if let Some((_, changes)) = changes
                    && changes.changed().await.is_ok()
                {
                    return;
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                news = any(followed) => return news,
                () = anew => self.look(),
            }
        }
    }

    /// Follows the servers of whose resources the session's client wants to hear, and no others.
    fn look(&mut self) {
        let (Some((session, _)), Some((exchange, caller))) = (&self.session, self.more.clone())
        else {
            return;
        };
        let mut wanted = session.subscribed_by_server();
        self.followed.retain(|(server, _)| wanted.remove(server).is_some());
        let table = exchange.routes.now();
        for (server, uris) in wanted {
            if let Ok(permit) = table.visible(&caller, server) {
                let name = reference(permit.of(), &caller);
                self.follow(&exchange, &caller, (&name, server), uris);
            }
        }
    }

    /// Follows the servers whose resources these are, by their addresses at `/mcp`, and leaves the
    /// addresses of which the client is told.
    fn follow_all(
        &mut self,
        exchange: &Exchange,
        caller: &Arc<Caller>,
        resources: &mut Vec<String>,
    ) {
        let table = exchange.routes.now();
        let mut wanted: BTreeMap<ServerId, (String, Vec<String>, Vec<String>)> = BTreeMap::new();
        for address in std::mem::take(resources) {
            if let Some((server, name, uri)) = located(&table, caller, &address) {
                let of = wanted.entry(server).or_insert_with(|| (name, Vec::new(), Vec::new()));
                of.1.push(uri);
                of.2.push(address);
            }
        }
        for (server, (name, uris, addresses)) in wanted {
            if self.follow(exchange, caller, (&name, server), uris) {
                resources.extend(addresses);
            }
        }
    }

    fn follow(
        &mut self,
        exchange: &Exchange,
        caller: &Arc<Caller>,
        (name, server): (&str, ServerId),
        uris: Vec<String>,
    ) -> bool {
        if self.followed.len() >= MOST {
            return false;
        }
        let session = self.session.as_ref().map(|(session, _)| session);
        let following = Followers::follow(exchange, name, server, caller, session, uris);
        let follows = following.is_some();
        self.followed.extend(following.map(|following| (server, following)));
        follows
    }
}

/// The server of a resource, how it is called, and the resource there; nothing where it is not
/// offered to the caller.
fn located(
    table: &RoutingTable,
    caller: &Caller,
    address: &str,
) -> Option<(ServerId, String, String)> {
    let FederatedUri { server, uri } = FederatedUri::split(address)?;
    let unknown = || mcp_wire::WireError::unknown_server(server.alias);
    let permit = way::resolved(table, caller, server, unknown).ok()?;
    let entry = permit.of();
    let is_offered = entry.offered_to(Some(caller)).offers_resource(&uri);
    is_offered.then(|| (entry.id, reference(entry, caller), uri.into_owned()))
}

/// How a caller calls a server.
fn reference(server: &ServerEntry, caller: &Caller) -> String {
    match foreign_tenant(server, caller) {
        Some(tenant) => format!("{tenant}~{}", server.alias),
        None => server.alias.to_string(),
    }
}

async fn any(followed: &mut [(ServerId, Following)]) -> (ServerId, News) {
    match followed {
        [] => std::future::pending().await,
        [(server, following)] => (*server, following.next().await),
        several => {
            let all = several.iter_mut().map(|(server, following)| {
                let server = *server;
                Box::pin(async move { (server, following.next().await) })
            });
            select_all(all).await.0
        }
    }
}
