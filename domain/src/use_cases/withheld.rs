//! What readers are not shown of servers: definitions that are something else now than what was
//! pinned. Who decides on the difference is shown it by `drift.rs`.

use crate::error::Error;
use crate::id::ServerId;
use crate::manifest::DriftPolicy;
use crate::ports::{RegistryPorts, ServerView};

/// Leaves out of some servers what the policy withholds, by one question for all of them.
pub(super) async fn withhold(ports: &RegistryPorts, views: &mut [ServerView]) -> Result<(), Error> {
    if ports.policy.drift == DriftPolicy::Flag {
        return Ok(());
    }
    let shown = views.iter().filter(|view| !view.definitions.is_empty());
    let ids: Vec<ServerId> = shown.map(|view| view.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let drifts = ports.servers.drifts(&ids).await?;
    for view in views {
        match drifts.get(&view.id) {
            Some(Some(drift)) => drift.withhold_from(&mut view.definitions),
            Some(None) => view.definitions.clear(),
            None => {}
        }
    }
    Ok(())
}
