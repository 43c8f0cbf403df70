//! What people granted at servers.

use libtest_mimic::Failed;
use registry_domain::change::Change;
use registry_domain::event::{EventKind, RegistryEvent};
use registry_domain::id::Revision;
use registry_domain::ports::GrantStore;
use registry_domain::user_grant::{GrantRemoval, StoredGrant};

use crate::scene::{Scene, server, steps};

steps! {
    find_user_grant fetches 2 by ["user_grants_pkey"]
    replace_user_grant fetches 4 by ["user_grants_pkey"]
    remove_user_grant fetches 4 by ["user_grants_pkey"]
}

/// The server that 100,000 people granted their use of.
const SERVER: u64 = 98_765;

async fn there(scene: &Scene, number: u64) -> Result<StoredGrant, Failed> {
    let found = GrantStore::find(&*scene.store, server(SERVER), &format!("oid-{number}")).await?;
    Ok(found.ok_or("it is not there")?)
}

async fn find_user_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    there(scene, 100 + round).await.map(|_| ())
}

async fn replace_user_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    let stored = there(scene, 200 + round).await?;
    let expected = Some(stored.revision);
    let next = StoredGrant { sealed: vec![1], revision: Revision(2), ..stored };
    Ok(GrantStore::commit(&*scene.store, &Change { next, expected, events: Vec::new() }).await?)
}

async fn remove_user_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    let StoredGrant { server, subject, revision, .. } = there(scene, 300 + round).await?;
    let event = RegistryEvent::by_product(EventKind::GrantRemoved, scene.stamp());
    let events = vec![event.on_server(server, None)];
    let removal = GrantRemoval { server, subject, expected: revision, events };
    Ok(GrantStore::commit_removal(&*scene.store, &removal).await?)
}
