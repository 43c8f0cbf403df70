//! Who may use which of a server's tools.

use registry_domain::caller::Role;
use registry_domain::field::{Step, Violation};
use registry_domain::id::ServerId;
use registry_domain::server::{Effect, Server, ToolRule};
use registry_http_edge::ReadBody;
use registry_http_edge::fields::Fields;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::schemas::Id;

/// The body of `PUT /api/v1/servers/{server_id}/tool-rules`.
#[derive(Debug)]
pub(crate) struct ToolRulesRequest(pub(crate) Vec<ToolRule>);

impl ReadBody for ToolRulesRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let given = fields.optional_value("rules");
        // A misspelt wish must not go unheard: nobody would be kept off.
        fields.refuse_unknown();
        let Some(given) = given else {
            fields.note(Violation::at("rules", "missing", "is required"));
            return None;
        };
        let Value::Array(items) = given else {
            fields.note(Violation::at("rules", "list_type", "must be a list"));
            return None;
        };
        let mut rules = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            match rule(item) {
                Ok(rule) => rules.push(rule),
                Err(wrong) => {
                    let outer = [Step::Member("rules".into()), Step::Position(place)];
                    for one in wrong {
                        fields.note(one.inside(&outer));
                    }
                }
            }
        }
        Some(Self(rules))
    }
}

fn rule(item: Value) -> Result<ToolRule, Vec<Violation>> {
    let Value::Object(members) = item else {
        return Err(vec![Violation {
            path: vec![],
            rule: "object_type",
            message: "must be an object".to_owned(),
        }]);
    };
    let mut fields = Fields::of(members);
    let effect = fields.one_of("effect", &Effect::ALL.map(|effect| (effect.as_str(), effect)));
    let mut texts = |name| fields.optional_strings(name).unwrap_or_default();
    let (tools, groups, users) = (texts("tools"), texts("groups"), texts("users"));
    let named = texts("roles");
    let roles: Option<Vec<Role>> = named.iter().map(|name| Role::parse(name)).collect();
    if roles.is_none() {
        let message = "must be of admin, server_owner, user";
        fields.note(Violation::at("roles", "enum", message));
    }
    fields.refuse_unknown();
    match (effect, roles, fields.into_violations()) {
        (Some(effect), Some(roles), wrong) if wrong.is_empty() => {
            Ok(ToolRule { effect, tools, roles, groups, users })
        }
        (_, _, wrong) => Err(wrong),
    }
}

/// What [`ToolRulesRequest`] reads.
#[derive(ToSchema)]
#[schema(as = ToolRules, example = json!({"rules": [
    {"effect": "allow", "tools": ["write_*"], "roles": ["admin"], "groups": [], "users": []},
]}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ToolRulesBody {
    /// All rules; none lets everybody use all tools.
    #[schema(max_items = 100)]
    rules: Vec<ToolRuleBody>,
}

/// One rule: some tools, and some people. One that names nobody is about everybody.
#[derive(ToSchema)]
#[schema(as = ToolRule)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
struct ToolRuleBody {
    /// `allow` keeps all others off, `deny` whom it names, whatever allows it.
    #[schema(pattern = "^(allow|deny)$", example = "allow")]
    effect: String,
    /// Names of tools; one that ends with `*` means all that begin so.
    #[schema(min_items = 1, max_items = 100, example = json!(["write_*"]))]
    tools: Vec<String>,
    /// `admin`, `server_owner`, `user` (whoever is signed in).
    #[schema(max_items = 100, example = json!(["admin"]))]
    roles: Option<Vec<String>>,
    /// Ids of groups.
    #[schema(max_items = 100, example = json!([]))]
    groups: Option<Vec<String>>,
    /// People, as their identity provider names them (`oid`, else `sub`).
    #[schema(max_items = 100, example = json!([]))]
    users: Option<Vec<String>>,
}

/// A server's rules.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "server_id": "00000000-0000-4000-8000-000000000001",
    "rules": [{"effect": "allow", "tools": ["write_*"], "roles": ["admin"], "groups": [], "users": []}],
}))]
pub(crate) struct ToolRulesResponse<'a> {
    #[schema(value_type = Id)]
    server_id: ServerId,
    #[schema(value_type = Vec<Object>, example = json!([{
        "effect": "allow", "tools": ["write_*"], "roles": ["admin"], "groups": [], "users": [],
    }]))]
    rules: &'a [ToolRule],
}

impl<'a> ToolRulesResponse<'a> {
    pub(crate) fn of(server: &'a Server) -> Self {
        Self { server_id: server.id, rules: server.tool_rules.as_slice() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<Vec<ToolRule>, Vec<String>> {
        let Value::Object(members) = body else { panic!("not an object") };
        let mut fields = Fields::of(members);
        let request = ToolRulesRequest::read(&mut fields);
        let wrong: Vec<String> = fields.into_violations().iter().map(ToString::to_string).collect();
        if wrong.is_empty() { Ok(request.expect("rules or a violation").0) } else { Err(wrong) }
    }

    #[test]
    fn rules_are_read_and_what_is_absent_is_empty() {
        let rules = read(json!({"rules": [
            {"effect": "deny", "tools": ["a"], "roles": ["user"], "groups": null},
        ]}));
        let rule = ToolRule {
            effect: Effect::Deny,
            tools: vec!["a".into()],
            roles: vec![Role::User],
            groups: vec![],
            users: vec![],
        };
        assert_eq!(rules, Ok(vec![rule]));
        assert_eq!(read(json!({"rules": []})), Ok(vec![]));
    }

    #[test]
    fn whatever_is_no_rule_is_named_with_its_place() {
        for (body, told) in [
            (json!({}), "rules is required"),
            (json!({"rules": {}}), "rules must be a list"),
            (json!({"rule": [], "rules": []}), "rule is not a member of this body"),
            (json!({"rules": [1]}), "rules[0] must be an object"),
            (json!({"rules": [{"tools": ["a"]}]}), "rules[0].effect is required"),
            (json!({"rules": [{"effect": "deny", "tools": "a"}]}), "rules[0].tools must be a list"),
            (
                json!({"rules": [{"effect": "deny", "tools": ["a"], "roles": ["boss"]}]}),
                "rules[0].roles must be of admin, server_owner, user",
            ),
            (
                json!({"rules": [{"effect": "deny", "tools": ["a"], "role": ["user"]}]}),
                "rules[0].role is not a member of this body",
            ),
        ] {
            assert_eq!(read(body), Err(vec![told.to_owned()]), "{told}");
        }
    }
}
