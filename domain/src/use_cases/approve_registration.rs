//! An administrator approves a registration: its manifest is pinned and it becomes a server, or
//! changes the server that it is.

mod listing;

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{ApprovalChange, PortError, RegistrationView, RegistryPorts};

use super::DecisionCommand;
pub(super) use listing::{Listing, MOST_TRIES};

/// How often a decision is made again on what changed meanwhile, where nobody said what they read.
const MOST_DECISIONS: u32 = 3;

/// Approves. The name and the alias are found free first; if somebody takes them in between, the
/// next ones are tried. Who names what they read decides on that alone; else the decision is on
/// what is there now, also if that was discovered a moment ago.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`], [`Error::IllegalTransition`] unless
/// Pending, [`Error::Stale`] when it changed since it was read or somebody else decided first,
/// [`Error::NameTaken`] when the alias that was asked for is somebody's, [`Error::Unavailable`].
pub async fn approve_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    command: &DecisionCommand,
) -> Result<RegistrationView, Error> {
    for _ in 1..MOST_DECISIONS {
        match decide(ports, caller, id, command).await {
            Err(Error::Stale { .. }) if !command.names_what_was_read() => {}
            decided => return decided,
        }
    }
    decide(ports, caller, id, command).await
}

async fn decide(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    command: &DecisionCommand,
) -> Result<RegistrationView, Error> {
    let deciding = command.begin(ports, caller, id).await?;
    let view = &deciding.view;
    let digest = view.discovery.digest();
    let stamp = ports.stamp();
    let registration = view.registration.clone().approve(deciding.at(stamp.at), digest, stamp)?;
    let listing = Listing::begin(ports, view, deciding.alias.clone()).await?;

    let mut from = 1;
    loop {
        let (number, name, alias) = listing.free_names(ports, from).await?;
        let approval = ApprovalChange {
            registration: registration.clone(),
            candidate: digest,
            server: listing.change(name, alias.clone(), deciding.approver, ports.stamp()),
        };
        match ports.registrations.commit_approval(&approval).await {
            Ok(()) => return super::existing(ports, id).await,
            Err(PortError::AlreadyExists { key: "alias", .. }) if listing.wished.is_some() => {
                let wanted = alias.to_string();
                return Err(Error::NameTaken { what: "alias", wanted, holder: None });
            }
            Err(PortError::AlreadyExists { .. }) if number < MOST_TRIES => from = number + 1,
            Err(error) => return Err(super::unwritten(id, error)),
        }
    }
}
