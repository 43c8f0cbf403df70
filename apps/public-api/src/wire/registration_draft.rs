//! What a submitter writes.

use registry_domain::registration::RegistrationDraft;
use registry_http_edge::ReadBody;
use registry_http_edge::fields::Fields;
use utoipa::ToSchema;

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

/// What is submitted: where the server is, and what it is for.
#[derive(ToSchema)]
#[schema(as = RegistrationDraft)]
#[expect(dead_code, reason = "the OpenAPI document's view of what `DraftRequest` reads")]
pub(crate) struct DraftBody {
    /// The address of the MCP endpoint: http or https.
    #[schema(max_length = 2048, example = "https://mcp.example.com/mcp")]
    endpoint_url: String,
    /// The name to list it under.
    #[schema(min_length = 3, max_length = 200, example = "Weather")]
    endpoint_name: String,
    /// What it is for.
    #[schema(max_length = 1000, example = "Forecasts for any place")]
    description: Option<String>,
    /// Whom to ask about it.
    #[schema(min_length = 1, max_length = 255, example = "team@example.com")]
    owner_contact: String,
    /// The tools it is said to have, each an object with at least a `name`.
    #[schema(value_type = Option<Vec<Object>>, max_items = 1000, example = json!([{"name": "search"}]))]
    available_tools: Option<Vec<()>>,
    /// The alias wished for; made from the name, where none is.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,23}$", example = "weather")]
    alias: Option<String>,
}
