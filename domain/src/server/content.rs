//! What a client writes about a server, and the rules that each field keeps.

use serde_json::{Map, Value};

use super::{Server, declared};
use crate::endpoint::{EndpointUrl, Transport};
use crate::field::{Step, Violation, Violations, printable, prose};
use crate::id::{Alias, TenantId};
use crate::ports::RegistryPolicy;

/// What a client writes about a server, before it is checked.
#[derive(Debug, Clone, Default)]
pub struct ServerDraft {
    /// Its name.
    pub name: String,
    /// Its address.
    pub endpoint_url: String,
    /// How it is spoken to; as its address says if absent.
    pub transport_type: Option<String>,
    /// Its version; `1.0.0` if absent.
    pub version: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it can do: an object; names of tools as an array or as text with commas; null: nothing.
    pub capabilities: Value,
    /// Words to find it by: an array, or an object whose members that hold are the words; null: none.
    pub tags: Value,
    /// Whether to ask it what it offers; if absent, yes.
    pub auto_discover: Option<bool>,
    /// Whose it is.
    pub tenant_id: Option<String>,
    /// The alias wished for; made from the name if absent.
    pub alias: Option<String>,
}

/// What a client wrote about a server, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerContent {
    /// Its name: 1 to 100 characters.
    pub name: String,
    /// Its address.
    pub endpoint_url: EndpointUrl,
    /// How it is spoken to.
    pub transport: Transport,
    /// Its version: 1 to 50 characters.
    pub version: String,
    /// What it is for: at most 1000 characters.
    pub description: Option<String>,
    /// What it can do.
    pub capabilities: Map<String, Value>,
    /// Words to find it by, in their order, each once.
    pub tags: Vec<String>,
    /// Whether to ask it what it offers.
    pub auto_discover: bool,
    /// Whose it is; `None` where nothing was said of that.
    pub tenant: Option<TenantId>,
    /// The alias wished for.
    pub alias: Option<Alias>,
}

impl ServerContent {
    /// The longest version, in characters.
    pub const MAX_VERSION_CHARS: usize = 50;
    /// The most tags.
    pub const MAX_TAGS: usize = 50;
    /// The longest tag, in characters.
    pub const MAX_TAG_CHARS: usize = 50;
    /// The most bytes of capabilities, as JSON.
    pub const MAX_CAPABILITIES_BYTES: usize = 64 * 1024;
    /// The deepest nesting of capabilities.
    pub const MAX_CAPABILITIES_DEPTH: usize = 32;

    /// Checks a draft field by field.
    ///
    /// # Errors
    /// Every [`Violation`], not only the first.
    pub fn check(draft: ServerDraft, policy: &RegistryPolicy) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        let name = wrong.take(super::server_name(&draft.name));
        let endpoint_url = wrong.take(EndpointUrl::parse(&draft.endpoint_url));
        if let Some(endpoint) = &endpoint_url {
            wrong.take(policy.egress.check(endpoint));
        }
        let transport = match (&draft.transport_type, &endpoint_url) {
            (Some(text), _) => wrong.take(transport(text, policy.enable_legacy_sse)),
            (None, endpoint) => endpoint.as_ref().map(EndpointUrl::transport),
        };
        if let (Some(endpoint), Some(transport)) = (&endpoint_url, transport) {
            wrong.take(endpoint.suits(transport));
        }
        let version = draft.version.as_deref().unwrap_or("1.0.0");
        let version = wrong.take(printable("version", version, 1, Self::MAX_VERSION_CHARS));
        let description =
            draft.description.and_then(|text| wrong.take(prose("description", &text, 1000)));
        let capabilities = wrong.take(capabilities(draft.capabilities));
        let auto_discover = draft.auto_discover.unwrap_or(true);
        if let (Some(capabilities), false) = (&capabilities, auto_discover) {
            wrong.take(declared::manifest(capabilities).map(drop));
        }
        let tags = tags(draft.tags, &mut wrong);
        let tenant = draft.tenant_id.and_then(|text| wrong.take(TenantId::parse(&text)));
        let alias = draft.alias.and_then(|text| wrong.take(Alias::parse(&text)));
        match (name, endpoint_url, transport, version, capabilities) {
            (
                Some(name),
                Some(endpoint_url),
                Some(transport),
                Some(version),
                Some(capabilities),
            ) if wrong.is_empty() => Ok(Self {
                name,
                endpoint_url,
                transport,
                version,
                description,
                capabilities,
                tags,
                auto_discover,
                tenant,
                alias,
            }),
            _ => Err(wrong.into_inner()),
        }
    }

    /// What it offers as far as it says so itself, where it is not to be asked.
    pub(crate) fn declared(&self) -> Option<crate::manifest::Manifest> {
        if self.auto_discover {
            return None;
        }
        declared::manifest(&self.capabilities).ok().flatten()
    }

    /// Writes it over a server; what a client cannot say stays.
    pub(crate) fn written_over(self, server: Server) -> Server {
        Server {
            name: self.name,
            endpoint_url: self.endpoint_url,
            transport: self.transport,
            version: self.version,
            description: self.description,
            capabilities: self.capabilities,
            tags: self.tags,
            auto_discover: self.auto_discover,
            ..server
        }
    }
}

/// `stdio` is none of them: it would let whoever may write here start programs.
fn transport(text: &str, legacy_sse: bool) -> Result<Transport, Violation> {
    match Transport::parse(text) {
        Some(Transport::Sse) if !legacy_sse => Err(Violation::at(
            "transport_type",
            "enum",
            "must be \"http\" or \"websocket\" (\"sse\" is off here: MREG_ENABLE_LEGACY_SSE)",
        )),
        Some(Transport::Stdio) | None => {
            Err(Violation::at("transport_type", "enum", "must be \"http\" or \"websocket\""))
        }
        Some(transport) => Ok(transport),
    }
}

fn capabilities(said: Value) -> Result<Map<String, Value>, Violation> {
    let refuse = |rule, message: &str| Violation::at("capabilities", rule, message);
    let tools = |names: Vec<Value>| Map::from_iter([("tools".to_owned(), Value::Array(names))]);
    let capabilities = match said {
        Value::Null => Map::new(),
        Value::Object(members) => members,
        Value::Array(names) if names.iter().all(Value::is_string) => tools(names),
        Value::String(names) => tools(
            names
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(Value::from)
                .collect(),
        ),
        _ => {
            return Err(refuse(
                "object_type",
                "must be an object, an array of tool names, or tool names with commas between them",
            ));
        }
    };
    if depth(&capabilities) > ServerContent::MAX_CAPABILITIES_DEPTH {
        return Err(refuse("too_deep", "must be nested at most 32 deep"));
    }
    let bytes = serde_json::to_string(&capabilities).map_or(usize::MAX, |text| text.len());
    if bytes > ServerContent::MAX_CAPABILITIES_BYTES {
        return Err(refuse("too_long", "must be at most 65536 bytes of JSON"));
    }
    Ok(capabilities)
}

/// How deep an object is nested. Whoever parsed it has bounded that already, so recursion ends.
fn depth(members: &Map<String, Value>) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(of).max().unwrap_or_default() + 1,
            Value::Object(members) => depth(members),
            _ => 0,
        }
    }
    members.values().map(of).max().unwrap_or_default() + 1
}

fn tags(said: Value, wrong: &mut Violations) -> Vec<String> {
    const FIELD: &str = "tags";
    let said: Vec<Value> = match said {
        Value::Null => Vec::new(),
        Value::Array(tags) => tags,
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, holds)| is_truthy(holds))
            .map(|(tag, _)| Value::String(tag))
            .collect(),
        _ => {
            wrong.push(Violation::at(
                FIELD,
                "list_type",
                "must be an array of texts, or an object",
            ));
            return Vec::new();
        }
    };
    if said.len() > ServerContent::MAX_TAGS {
        wrong.push(Violation::at(FIELD, "too_long", "must be at most 50 tags"));
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::with_capacity(said.len());
    for (index, tag) in said.into_iter().enumerate() {
        let refusal = match &tag {
            Value::String(tag) => printable(FIELD, tag, 1, ServerContent::MAX_TAG_CHARS).err(),
            _ => Some(Violation::at(FIELD, "string_type", "must be a string")),
        };
        match (refusal, tag) {
            (Some(mut refusal), _) => {
                refusal.path.push(Step::Position(index));
                wrong.push(refusal);
            }
            (None, Value::String(tag)) if !kept.contains(&tag) => kept.push(tag),
            (None, _) => {}
        }
    }
    kept
}

/// Whether a tag's member in an object says that the tag is there, as JavaScript has it.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(holds) => *holds,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
