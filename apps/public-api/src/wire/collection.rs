//! Collections of servers and tools.

use registry_domain::collection::{Collection, CollectionDraft, Member, ToolChoice};
use registry_domain::field::{Step, Violation};
use registry_domain::id::{CollectionId, ServerId, UserId};
use registry_http_edge::fields::Fields;
use registry_http_edge::{ReadBody, WireTime};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::schemas::Id;

/// The body of `POST /api/v1/collections`, and of PUT to one of them.
#[derive(Debug)]
pub(crate) struct CollectionRequest(pub(crate) CollectionDraft);

impl ReadBody for CollectionRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let (slug, name) = (fields.string("slug"), fields.string("name"));
        let description = fields.optional_string("description");
        let instructions = fields.optional_string("instructions");
        let items = fields.array("members");
        // A misspelt wish must not go unheard: more would be shown than was meant.
        fields.refuse_unknown();
        let members = each(fields, "members", items, member);
        Some(Self(CollectionDraft { slug, name, description, instructions, members }))
    }
}

/// Reads each item of a list; what is wrong with one is noted at its place.
fn each<T>(
    fields: &mut Fields,
    list: &'static str,
    items: Vec<Value>,
    read: fn(Value) -> Result<T, Vec<Violation>>,
) -> Vec<T> {
    let mut all = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        match read(item) {
            Ok(one) => all.push(one),
            Err(wrong) => {
                let outer = [Step::Member(list.into()), Step::Position(place)];
                for one in wrong {
                    fields.note(one.inside(&outer));
                }
            }
        }
    }
    all
}

fn object(item: Value) -> Result<Fields, Vec<Violation>> {
    match item {
        Value::Object(members) => Ok(Fields::of(members)),
        _ => Err(vec![Violation {
            path: vec![],
            rule: "object_type",
            message: "must be an object".to_owned(),
        }]),
    }
}

fn member(item: Value) -> Result<Member, Vec<Violation>> {
    let mut fields = object(item)?;
    let server = fields.string("server_id").parse::<ServerId>();
    if server.is_err() {
        fields.note(Violation::at("server_id", "uuid_parsing", "must be a UUID"));
    }
    let tools = fields.optional_value("tools");
    let prompts = fields.optional_flag("prompts").unwrap_or(true);
    let resources = fields.optional_flag("resources").unwrap_or(true);
    fields.refuse_unknown();
    let tools = match tools {
        Some(Value::Array(items)) => Some(each(&mut fields, "tools", items, tool)),
        Some(_) => {
            fields.note(Violation::at("tools", "list_type", "must be a list"));
            None
        }
        None => None,
    };
    match (server, fields.into_violations()) {
        (Ok(server), wrong) if wrong.is_empty() => Ok(Member { server, tools, prompts, resources }),
        (_, wrong) => Err(wrong),
    }
}

fn tool(item: Value) -> Result<ToolChoice, Vec<Violation>> {
    let mut fields = object(item)?;
    let tool = fields.string("tool");
    let (name, description) =
        (fields.optional_string("name"), fields.optional_string("description"));
    fields.refuse_unknown();
    let wrong = fields.into_violations();
    if wrong.is_empty() { Ok(ToolChoice { tool, name, description }) } else { Err(wrong) }
}

/// What [`CollectionRequest`] reads.
#[derive(ToSchema)]
#[schema(as = CollectionDraft, example = json!({
    "slug": "office", "name": "Office", "description": "What the office needs",
    "instructions": "Look into the calendar before you write mail.",
    "members": [{"server_id": "00000000-0000-4000-8000-000000000001",
        "tools": [{"tool": "send", "name": "send_mail", "description": "Sends a mail."}],
        "prompts": false, "resources": false}],
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct CollectionBody {
    /// Its name in its address: unique within the tenant.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,62}$", example = "office")]
    slug: String,
    /// What it is called.
    #[schema(min_length = 1, max_length = 100, example = "Office")]
    name: String,
    /// What it is for.
    #[schema(max_length = 2000, example = "What the office needs")]
    description: Option<String>,
    /// What the model behind a client is told when it begins.
    #[schema(max_length = 10000, example = "Look into the calendar before you write mail.")]
    instructions: Option<String>,
    /// Its servers, in the order in which they are listed.
    #[schema(max_items = 200)]
    members: Option<Vec<MemberBody>>,
}

/// A server, and what of it the collection has.
#[derive(ToSchema)]
#[schema(as = CollectionMember)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
struct MemberBody {
    /// The server: everybody's, or of the collection's tenant.
    #[schema(value_type = Id)]
    server_id: String,
    /// These tools; without the member all of them.
    #[schema(max_items = 500)]
    tools: Option<Vec<ToolBody>>,
    /// Whether its prompts are there.
    #[schema(default = true, example = false)]
    prompts: Option<bool>,
    /// Whether its resources are there.
    #[schema(default = true, example = false)]
    resources: Option<bool>,
}

/// A tool of a server.
#[derive(ToSchema)]
#[schema(as = CollectionTool)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
struct ToolBody {
    /// Its name at its server.
    #[schema(min_length = 1, max_length = 256, example = "send")]
    tool: String,
    /// What it is called here, instead of `{alias}__{tool}`; without `__`.
    #[schema(pattern = "^[A-Za-z0-9_.-]{1,128}$", example = "send_mail")]
    name: Option<String>,
    /// What it is said to do, instead of what its server says.
    #[schema(max_length = 2000, example = "Sends a mail.")]
    description: Option<String>,
}

/// A collection.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "collection_id": "00000000-0000-4000-8000-000000000002", "tenant_id": "contoso",
    "slug": "office", "name": "Office", "description": "What the office needs",
    "instructions": "Look into the calendar before you write mail.",
    "members": [{"server_id": "00000000-0000-4000-8000-000000000001",
        "tools": [{"tool": "send", "name": "send_mail", "description": "Sends a mail."}],
        "prompts": false, "resources": false}],
    "made_by": "00000000-0000-4000-8000-000000000003",
    "created_at": "2026-11-21T10:53:19.565057Z", "updated_at": "2026-11-21T10:53:19.565057Z",
}))]
pub(crate) struct CollectionResponse<'a> {
    #[schema(value_type = Id)]
    collection_id: CollectionId,
    #[schema(required = true, example = "contoso")]
    tenant_id: Option<&'a str>,
    #[schema(example = "office")]
    slug: &'a str,
    #[schema(example = "Office")]
    name: &'a str,
    #[schema(required = true, example = "What the office needs")]
    description: Option<&'a str>,
    #[schema(required = true, example = "Look into the calendar before you write mail.")]
    instructions: Option<&'a str>,
    #[schema(value_type = Vec<MemberBody>)]
    members: Vec<MemberResponse<'a>>,
    #[schema(value_type = Id)]
    made_by: UserId,
    created_at: WireTime,
    updated_at: WireTime,
}

#[derive(Serialize)]
struct MemberResponse<'a> {
    server_id: ServerId,
    tools: Option<&'a [ToolChoice]>,
    prompts: bool,
    resources: bool,
}

impl<'a> CollectionResponse<'a> {
    pub(crate) fn of(collection: &'a Collection) -> Self {
        let content = &collection.content;
        let members = content.members.iter().map(|member| MemberResponse {
            server_id: member.server,
            tools: member.tools.as_deref(),
            prompts: member.prompts,
            resources: member.resources,
        });
        Self {
            collection_id: collection.id,
            tenant_id: collection.tenant.as_ref().map(registry_domain::id::TenantId::as_str),
            slug: content.slug.as_str(),
            name: &content.name,
            description: content.description.as_deref(),
            instructions: content.instructions.as_deref(),
            members: members.collect(),
            made_by: collection.made_by,
            created_at: WireTime(collection.created_at),
            updated_at: WireTime(collection.updated_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<CollectionDraft, Vec<String>> {
        let Value::Object(members) = body else { panic!("not an object") };
        let mut fields = Fields::of(members);
        let request = CollectionRequest::read(&mut fields);
        let wrong: Vec<String> = fields.into_violations().iter().map(ToString::to_string).collect();
        if wrong.is_empty() { Ok(request.expect("a draft or a violation").0) } else { Err(wrong) }
    }

    fn of_member(member: &Value) -> Result<CollectionDraft, Vec<String>> {
        read(json!({"slug": "a", "name": "A", "members": [member]}))
    }

    #[test]
    fn what_is_not_said_of_a_member_is_all_of_it() {
        let id = "00000000-0000-4000-8000-000000000001";
        let draft = of_member(&json!({"server_id": id})).unwrap();
        let whole =
            Member { server: id.parse().unwrap(), tools: None, prompts: true, resources: true };
        assert_eq!(draft.members, [whole]);
        let none = of_member(&json!({"server_id": id, "tools": [], "prompts": false})).unwrap();
        assert_eq!(none.members[0].tools, Some(vec![]));
        assert!(!none.members[0].prompts && none.members[0].resources);
        assert!(read(json!({"slug": "a", "name": "A"})).unwrap().members.is_empty());
    }

    #[test]
    fn whatever_is_no_member_is_named_with_its_place() {
        let id = "00000000-0000-4000-8000-000000000001";
        for (member, told) in [
            (json!(1), "members[0] must be an object"),
            (json!({"server_id": "x"}), "members[0].server_id must be a UUID"),
            (json!({"server_id": id, "tools": {}}), "members[0].tools must be a list"),
            (json!({"server_id": id, "tool": []}), "members[0].tool is not a member of this body"),
            (
                json!({"server_id": id, "tools": [{"tool": "a", "title": "b"}]}),
                "members[0].tools[0].title is not a member of this body",
            ),
            (json!({"server_id": id, "tools": [{}]}), "members[0].tools[0].tool is required"),
        ] {
            assert_eq!(of_member(&member), Err(vec![told.to_owned()]), "{told}");
        }
    }
}
