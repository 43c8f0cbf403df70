//! Calls that are under way at servers.

use registry_domain::party::Party;
use registry_exchange::Viewer;

use crate::settings::PublicApiSettings;

pub(crate) mod cancel;
pub(crate) mod list;

/// What a visitor sees of others: administrators everything; all others their own calls, and, where
/// the API is open, those of all strangers.
fn viewer(party: &Party, settings: &PublicApiSettings) -> Viewer {
    let is_admin = party.caller().is_some_and(|caller| caller.is_admin);
    Viewer::of(party).with_strangers(settings.proxy.open).with_everybody(is_admin)
}
