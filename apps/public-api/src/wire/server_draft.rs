//! What a client writes about a server.

use registry_domain::field::Violation;
use registry_domain::server::ServerDraft;
use registry_domain::use_cases::Replacement;
use registry_http_edge::fields::Fields;
use registry_http_edge::{Place, Problem, ReadBody};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The body of POST and PUT. The domain checks what the fields say; here only their types count.
#[derive(Debug)]
pub(crate) struct ServerRequest(pub(crate) ServerDraft);

impl ReadBody for ServerRequest {
    fn read_list(_items: Vec<Value>) -> Result<Self, Problem> {
        let message = "must be one server; many at once go to /api/v1/servers/bulk";
        let rule = "object_type";
        let violation = Violation { path: Vec::new(), rule, message: message.to_owned() };
        Err(Problem::invalid(Place::Body, vec![violation]))
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self(draft(fields)))
    }
}

fn draft(fields: &mut Fields) -> ServerDraft {
    ServerDraft {
        name: fields.string("name"),
        endpoint_url: fields.string("endpoint_url"),
        transport_type: fields.optional_string("transport_type"),
        version: fields.optional_string("version"),
        description: fields.optional_string("description"),
        capabilities: fields.optional_value("capabilities").unwrap_or_default(),
        tags: fields.optional_value("tags").unwrap_or_default(),
        auto_discover: fields.optional_flag("auto_discover"),
        tenant_id: fields.optional_string("tenant_id"),
        alias: fields.optional_string("alias"),
    }
}

/// A server among many.
///
/// # Errors
/// Every member of the wrong type.
pub(crate) fn new_one(members: Map<String, Value>) -> Result<ServerDraft, Vec<Violation>> {
    let mut fields = Fields::of(members);
    let draft = draft(&mut fields);
    let wrong = fields.into_violations();
    if wrong.is_empty() { Ok(draft) } else { Err(wrong) }
}

/// A replacement among many: which server, and what it is to be.
///
/// # Errors
/// Every member of the wrong type, and an `id` that is none.
pub(crate) fn replacement(members: Map<String, Value>) -> Result<Replacement, Vec<Violation>> {
    let mut fields = Fields::of(members);
    let id = fields.string("id");
    let draft = draft(&mut fields);
    let mut wrong = fields.into_violations();
    match id.parse() {
        Ok(id) if wrong.is_empty() => return Ok(Replacement { id, draft, expected: None }),
        Err(_) if !id.is_empty() => {
            wrong.push(Violation::at("id", "uuid_parsing", "must be a UUID"));
        }
        _ => {}
    }
    Err(wrong)
}

/// A server.
#[derive(ToSchema)]
#[schema(as = ServerDraft, example = json!({
    "name": "file-tools", "endpoint_url": "https://mcp.example.com/mcp", "tags": ["prod"],
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ServerBody {
    /// Its name, which is unique in its tenant.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The address of the MCP endpoint.
    #[schema(max_length = 2048)]
    endpoint_url: String,
    /// `http` unless said otherwise.
    transport_type: Option<String>,
    /// Its version.
    #[schema(max_length = 50)]
    version: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// Anything that its operator says about it.
    #[schema(value_type = Option<Object>)]
    capabilities: Option<()>,
    /// Words to find it by.
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
    /// Whether to read what it offers.
    auto_discover: Option<bool>,
    /// Whose it is; the caller's, unless said otherwise.
    tenant_id: Option<String>,
    /// The alias wished for.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,23}$")]
    alias: Option<String>,
}
