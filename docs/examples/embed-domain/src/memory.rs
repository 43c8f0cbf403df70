//! The adapters: everything in memory, behind one lock.
//!
//! | port | file |
//! |---|---|
//! | `RegistrationStore` | `registrations.rs` |
//! | `ServerCatalog` | `servers.rs` |
//! | `UserStore` | `users.rs` |
//! | `DocumentStore`, `LinkStore` | `documents.rs` |
//! | `EventLog` | `events.rs` |
//! | `OperationLog`, `StoreHealth` | `operations.rs`, `health.rs` |
//! | `ProbeStore` | `probes.rs` |
//! | `Leases`, and what the prober keeps | `watch.rs` |
//! | `Upstream` | `upstream.rs` |
//! | `Clock`, `Ids` | `clock.rs` |

mod api_keys;
mod clock;
mod collections;
mod credentials;
mod documents;
mod events;
mod health;
mod operations;
mod probes;
mod registrations;
mod servers;
mod upstream;
mod users;
mod watch;

use std::collections::BTreeMap;

use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::api_key::ApiKey;
use registry_domain::collection::Collection;
use registry_domain::document::Upload;
use registry_domain::event::RegistryEvent;
use registry_domain::id::{
    Alias, ApiKeyId, CollectionId, OperationId, RegistrationId, ServerId, TenantId, UserId,
};
use registry_domain::link::Link;
use registry_domain::operation::Operation;
use registry_domain::ports::PortError;
use registry_domain::server::Server;
use registry_domain::user::User;
use tokio::sync::Notify;

pub(crate) use clock::{SystemClock, TimeOrderedIds};
pub(crate) use credentials::NoCredentials;
pub(crate) use probes::LastProbes;
pub(crate) use upstream::FixedUpstream;

use registrations::Kept;
use watch::Watch;

/// What is kept.
#[derive(Debug, Clone, Default)]
struct State {
    registrations: BTreeMap<RegistrationId, Kept>,
    servers: BTreeMap<ServerId, Server>,
    watches: BTreeMap<ServerId, Watch>,
    users: BTreeMap<UserId, User>,
    /// The oldest first.
    documents: Vec<Upload>,
    /// The oldest first.
    links: Vec<Link>,
    operations: BTreeMap<OperationId, Operation>,
    api_keys: BTreeMap<ApiKeyId, ApiKey>,
    collections: BTreeMap<CollectionId, Collection>,
    /// The event at position `n` of the log is at index `n - 1`.
    events: Vec<RegistryEvent>,
    resting_aliases: Vec<RestingAlias>,
}

/// An alias whose server is gone, kept from others for a while.
#[derive(Debug, Clone)]
struct RestingAlias {
    tenant: Option<TenantId>,
    alias: Alias,
    free_at: Timestamp,
}

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
    changed: Notify,
}

impl Memory {
    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock())
    }

    /// One transaction: `write` changes a copy, which takes the place of the state if all went
    /// well. An error leaves no trace.
    fn write<T>(
        &self,
        write: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut state = self.state.lock();
        let mut next = state.clone();
        let written = write(&mut next)?;
        *state = next;
        self.changed.notify_waiters();
        Ok(written)
    }
}

/// At most `limit` of what matches, after `offset`.
fn page<T>(matching: impl Iterator<Item = T>, offset: u32, limit: u32) -> Vec<T> {
    let [offset, limit] = [offset, limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    matching.skip(offset).take(limit).collect()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
