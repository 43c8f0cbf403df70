//! What a submitter writes about a server, and the rules that each field keeps.

use serde_json::{Map, Value, json};

use crate::endpoint::EndpointUrl;
use crate::field::{Step, Violation, Violations, printable, prose};
use crate::id::Alias;

/// What a submitter writes, before it is checked.
#[derive(Debug, Clone, Default)]
pub struct RegistrationDraft {
    /// The address of the MCP endpoint.
    pub endpoint_url: String,
    /// The name to list it under.
    pub endpoint_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whom to ask about it.
    pub owner_contact: String,
    /// The tools it is said to have, each an object with at least a `name`.
    pub available_tools: Vec<Value>,
    /// The alias wished for.
    pub alias: Option<String>,
}

/// What a submitter wrote, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationContent {
    /// The address of the MCP endpoint.
    pub endpoint_url: EndpointUrl,
    /// The name to list it under: 3 to 200 characters.
    pub endpoint_name: String,
    /// What it is for: at most 1000 characters.
    pub description: Option<String>,
    /// Whom to ask about it: 1 to 255 printable characters.
    pub owner_contact: String,
    /// The tools it is said to have; members that are not ours are kept.
    pub available_tools: Vec<Map<String, Value>>,
    /// The alias wished for.
    pub alias: Option<Alias>,
}

impl RegistrationContent {
    /// The most tools that a submitter may list.
    pub const MAX_TOOLS: usize = 1000;

    /// Checks a draft field by field.
    ///
    /// # Errors
    /// Every [`Violation`], not only the first.
    pub fn check(draft: RegistrationDraft) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        let endpoint_url = wrong.take(EndpointUrl::parse(&draft.endpoint_url));
        let endpoint_name = wrong.take(printable("endpoint_name", &draft.endpoint_name, 3, 200));
        let description =
            draft.description.and_then(|text| wrong.take(prose("description", &text, 1000)));
        let owner_contact = wrong.take(printable("owner_contact", &draft.owner_contact, 1, 255));
        let alias = draft.alias.and_then(|text| wrong.take(Alias::parse(&text)));
        let available_tools = checked_tools(draft.available_tools, &mut wrong);
        match (endpoint_url, endpoint_name, owner_contact) {
            (Some(endpoint_url), Some(endpoint_name), Some(owner_contact)) if wrong.is_empty() => {
                Ok(Self {
                    endpoint_url,
                    endpoint_name,
                    description,
                    owner_contact,
                    available_tools,
                    alias,
                })
            }
            _ => Err(wrong.into_inner()),
        }
    }

    /// The content as the audit trail keeps it, before and after an edit.
    pub fn summary(&self) -> Value {
        json!({
            "endpoint_url": self.endpoint_url.as_str(),
            "endpoint_name": self.endpoint_name,
            "description": self.description,
            "owner_contact": self.owner_contact,
            "available_tools_count": self.available_tools.len(),
            "alias": self.alias.as_ref().map(Alias::as_str),
        })
    }
}

fn checked_tools(tools: Vec<Value>, wrong: &mut Violations) -> Vec<Map<String, Value>> {
    const FIELD: &str = "available_tools";
    if tools.len() > RegistrationContent::MAX_TOOLS {
        wrong.push(Violation::at(FIELD, "too_long", "must list at most 1000 tools"));
        return Vec::new();
    }
    let mut kept = Vec::with_capacity(tools.len());
    for (index, tool) in tools.into_iter().enumerate() {
        let here = [Step::Member(FIELD.into()), Step::Position(index)];
        let Value::Object(members) = tool else {
            let mut violation =
                Violation::at(FIELD, "object_type", "must be an object with a name");
            violation.path.push(Step::Position(index));
            wrong.push(violation);
            continue;
        };
        let text = |name: &str| members.get(name).filter(|value| !value.is_null());
        match text("name") {
            Some(Value::String(name)) => {
                wrong.take(printable("name", name, 1, 255).map_err(|wrong| wrong.inside(&here)));
            }
            Some(_) => {
                wrong.push(Violation::at("name", "string_type", "must be a string").inside(&here));
            }
            None => wrong.push(Violation::at("name", "missing", "is required").inside(&here)),
        }
        for (member, max) in [("description", 10_000), ("version", 100)] {
            match text(member) {
                None => {}
                Some(Value::String(value)) => {
                    wrong.take(prose(member, value, max).map_err(|wrong| wrong.inside(&here)));
                }
                Some(_) => wrong
                    .push(Violation::at(member, "string_type", "must be a string").inside(&here)),
            }
        }
        kept.push(members);
    }
    kept
}
