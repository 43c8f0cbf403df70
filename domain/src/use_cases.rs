//! The product's table of contents: one line per use case, one file each.
//!
//! A use case takes its ports first, then who asks, then what they ask. It decides (pure), and
//! one port call writes the decision.

mod accept_drift;
mod add_link;
mod api_keys;
mod approve_registration;
mod begin_connection;
mod begin_sign_in;
mod bulk;
mod change_content;
mod collections;
mod compare_manifest;
mod count_servers;
mod credentials;
mod decision;
mod delete_document;
mod delete_link;
mod delete_registration;
mod delete_server;
mod disconnect_server;
mod discover_candidate;
mod discover_offers;
mod drift_decision;
mod edit_registration;
mod find_drift;
mod find_manifest;
mod find_registration;
mod find_server;
mod find_user;
mod finish_connection;
mod finish_sign_in;
mod identify_caller;
mod import_servers;
mod list_audit_log;
mod list_documents;
mod list_links;
mod list_operations;
mod list_programs;
mod list_registrations;
mod list_servers;
mod offer_connection;
mod order_health;
mod pin_first_manifest;
mod probe_server;
mod propose_registration;
mod purge_records;
mod read_document;
mod readable_tenants;
mod refresh_routes;
mod refuse_drift;
mod register_server;
mod register_servers;
mod reject_registration;
mod relist_server;
mod replace_server;
mod replace_servers;
mod resubmit_registration;
mod resume_session;
mod seal_records;
pub mod seen;
mod server_writing;
mod sign_out;
mod submit_registration;
mod token_of_grant;
mod token_on_behalf;
mod tool_rules;
mod upload_document;
mod verify_records;
mod withdraw_registration;
mod withheld;

pub use accept_drift::accept_drift;
pub use add_link::add_link;
pub use api_keys::{list_api_keys, make_api_key, revoke_api_key, verify_api_key};
pub use approve_registration::approve_registration;
pub use begin_connection::{begin_connection, was_offered};
pub use begin_sign_in::{SignInBegun, begin_sign_in};
pub use bulk::BulkItem;
pub use collections::{
    delete_collection, find_collection, list_collections, make_collection, replace_collection,
};
pub use compare_manifest::compare_manifest;
pub use count_servers::count_servers;
pub use credentials::{find_credential, remove_credential, set_credential};
pub use decision::DecisionCommand;
pub use delete_document::delete_document;
pub use delete_link::delete_link;
pub use delete_registration::delete_registration;
pub use delete_server::delete_server;
pub use disconnect_server::disconnect_server;
pub use discover_candidate::discover_candidate;
pub use discover_offers::{discover_resources, discover_tools};
pub use drift_decision::DriftCommand;
pub use edit_registration::edit_registration;
pub use find_drift::find_drift;
pub use find_manifest::{ManifestView, find_manifest};
pub use find_registration::{find_registration, find_registration_by_url};
pub use find_server::find_server;
pub use find_user::find_user;
pub use finish_connection::{ConnectionReturn, finish_connection};
pub use finish_sign_in::{SignInReturn, SignedInByBrowser, finish_sign_in};
pub use identify_caller::{SignedIn, caller_of, identify_caller};
pub use import_servers::{ImportItem, ImportPlan, OnConflict, import_servers};
pub use list_audit_log::list_audit_log;
pub use list_documents::list_documents;
pub use list_links::list_links;
pub use list_operations::{list_operations, read_operations};
pub use list_programs::{ProgramsListed, list_programs};
pub use list_registrations::list_registrations;
pub use list_servers::list_servers;
pub use offer_connection::{ConnectionOffer, offer_connection};
pub use order_health::{HealthOrder, order_health};
pub use pin_first_manifest::pin_first_manifest;
pub use probe_server::{
    ProbeTurn, Probed, keep_probes, leave_probe, probe_server, take_probe_turn,
};
pub use propose_registration::propose_registration;
pub use purge_records::{Kept, purge_records};
pub use read_document::read_document;
pub use readable_tenants::readable_tenants;
pub use refresh_routes::{load_routes, refresh_routes};
pub use refuse_drift::refuse_drift;
pub use register_server::register_server;
pub use register_servers::register_servers;
pub use reject_registration::reject_registration;
pub use relist_server::relist_server;
pub use replace_server::replace_server;
pub use replace_servers::{Replacement, replace_servers};
pub use resubmit_registration::resubmit_registration;
pub use resume_session::{Resumed, resume_session};
pub use seal_records::{seal_abandoned, seal_audit, seal_chain};
pub use seen::Seen;
pub use server_writing::Listed;
pub use sign_out::sign_out;
pub use submit_registration::submit_registration;
pub use token_of_grant::{forget_token_of_grant, token_of_grant};
pub use token_on_behalf::{OnBehalf, forget_on_behalf, keep_assertion, token_on_behalf};
pub use tool_rules::{find_tool_rules, set_tool_rules};
pub use upload_document::upload_document;
pub use verify_records::{Finding, Report, Unsealed, verify_records};
pub use withdraw_registration::withdraw_registration;

use crate::caller::Caller;
use crate::error::{Error, Subject};
use crate::id::RegistrationId;
use crate::ports::{PortError, RegistrationView, RegistryPorts};

/// Reads a registration that must be there.
async fn existing(ports: &RegistryPorts, id: RegistrationId) -> Result<RegistrationView, Error> {
    ports.registrations.find(id).await?.ok_or(Error::NotFound(Subject::Registration(id)))
}

/// Reads a registration that must be there for the caller: another tenant's is not.
async fn visible(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<RegistrationView, Error> {
    let view = existing(ports, id).await?;
    if caller.sees(view.registration.tenant.as_ref()) {
        Ok(view)
    } else {
        Err(Error::NotFound(Subject::Registration(id)))
    }
}

/// What a write says that failed on a registration which was there when it was read: if somebody
/// removed it meanwhile, it is as gone as if we had come later.
fn unwritten(id: RegistrationId, error: PortError) -> Error {
    match error {
        PortError::NotFound | PortError::Conflict { current: None } => {
            Error::NotFound(Subject::Registration(id))
        }
        error => error.into(),
    }
}

/// Our row for a caller who acts under their own name: every signed-in caller has one.
fn acting_user(caller: &Caller) -> Result<crate::id::UserId, Error> {
    caller.user.ok_or(Error::Denied(crate::caller::Denied::NoUser))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Revision;

    #[test]
    fn a_write_to_what_was_removed_meanwhile_is_told_as_not_found() {
        let id = RegistrationId(uuid::Uuid::nil());
        for gone in [PortError::NotFound, PortError::Conflict { current: None }] {
            let told = unwritten(id, gone);
            assert!(
                matches!(told, Error::NotFound(Subject::Registration(told)) if told == id),
                "{told:?}"
            );
        }
        let changed = unwritten(id, PortError::Conflict { current: Some(Revision(2)) });
        assert!(matches!(changed, Error::Stale { .. }), "{changed:?}");
    }
}
