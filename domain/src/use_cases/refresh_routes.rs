//! Keeps a routing table true: each event replaces at most one entry.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::collection::{MOST_COLLECTIONS, collection_of};
use crate::credential::{Credential, StoredCredential};
use crate::error::Error;
use crate::ports::{GatewayPorts, PortError};
use crate::routing::{RoutingTable, ServerEntry};
use crate::server::Server;

/// How many events are read at a time.
const BATCH: u32 = 500;

/// The table of all servers, read in one go: for the start.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load_routes(ports: &GatewayPorts) -> Result<RoutingTable, Error> {
    let mut routes = ports.servers.load_routes().await?;
    // Read after the servers: what is newer than they are comes again with its event.
    let kept = ports.vault.all().await?;
    let mut kept: HashMap<_, _> = kept.into_iter().map(|one| (one.server, one)).collect();
    let mut table = RoutingTable::default().at(routes.as_of);
    for server in &mut routes.servers {
        server.serve_under(ports.drift);
        table = table.with(entry(ports, server, kept.remove(&server.id)));
    }
    // Read later, so that they may be newer than the servers: what an event says of one again is no
    // harm. There are never more than fit one page.
    let collections = ports.collections.list_collections(MOST_COLLECTIONS, 0).await?.items;
    Ok(collections.into_iter().fold(table, |table, collection| table.with_collection(&collection)))
}

/// A server's entry, with its credential opened: once for all calls until either changes.
fn entry(
    ports: &GatewayPorts,
    server: &Server,
    kept: Option<StoredCredential>,
) -> Arc<ServerEntry> {
    let entry = ServerEntry::new(server);
    let sealer = ports.sealer.as_ref();
    let credential = kept.map(|kept| Credential::open(&kept, &entry.endpoint, sealer));
    Arc::new(entry.opened_by(credential))
}

/// The table after all events since `table` was made. A server that several events name is read
/// once; entries that no event names are shared with the old table.
///
/// # Errors
/// [`Error::Unavailable`]; the old table stays as good as it was.
pub async fn refresh_routes(
    ports: &GatewayPorts,
    table: &RoutingTable,
) -> Result<RoutingTable, Error> {
    let mut next = table.clone();
    loop {
        let events = ports.events.after(next.as_of(), BATCH).await?;
        let Some(last) = events.last().map(|event| event.seq) else {
            return Ok(next);
        };
        let touched: BTreeSet<_> =
            events.iter().filter_map(|sequenced| sequenced.event.server).collect();
        for id in touched {
            next = match ports.servers.find(id).await? {
                Some(mut server) => {
                    server.serve_under(ports.drift);
                    let kept = match ports.vault.find(id).await {
                        // It holds up nobody else's: its server says itself what it misses.
                        Err(PortError::Corrupt { .. }) => None,
                        kept => kept?,
                    };
                    next.with(entry(ports, &server, kept))
                }
                None => next.without(id),
            };
        }
        let chosen: BTreeSet<_> =
            events.iter().filter_map(|sequenced| collection_of(&sequenced.event)).collect();
        for id in chosen {
            next = match ports.collections.find_collection(id).await? {
                Some(collection) => next.with_collection(&collection),
                None => next.without_collection(id),
            };
        }
        next = next.at(last);
    }
}
