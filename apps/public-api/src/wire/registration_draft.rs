//! What a submitter writes.

use registry_domain::registration::RegistrationDraft;
use registry_http_edge::ReadBody;
use registry_http_edge::fields::Fields;

/// The body of POST and PUT. The domain checks what the fields say; here only their types count.
#[derive(Debug)]
pub(crate) struct DraftRequest(pub(crate) RegistrationDraft);

impl ReadBody for DraftRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self(RegistrationDraft {
            endpoint_url: fields.string("endpoint_url"),
            endpoint_name: fields.string("endpoint_name"),
            description: fields.optional_string("description"),
            owner_contact: fields.string("owner_contact"),
            available_tools: fields.array("available_tools"),
            alias: fields.optional_string("alias"),
        }))
    }
}
