//! One definition and the name that it is known by.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::Digest;
use super::unique::has_unique_members;
use crate::field::is_unprintable;

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// An entry of `tools/list`.
    Tool,
    /// An entry of `resources/list`.
    Resource,
    /// An entry of `resources/templates/list`.
    ResourceTemplate,
    /// An entry of `prompts/list`.
    Prompt,
}

impl DefinitionKind {
    /// All kinds, in the order in which a manifest lists them.
    pub const ALL: [Self; 4] = [Self::Tool, Self::Resource, Self::ResourceTemplate, Self::Prompt];

    /// The kind's name in JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::ResourceTemplate => "resource_template",
            Self::Prompt => "prompt",
        }
    }

    /// The inverse of [`DefinitionKind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The member of a definition that identifies it within its kind.
    pub const fn identity_member(self) -> &'static str {
        match self {
            Self::Tool | Self::Prompt => "name",
            Self::Resource => "uri",
            Self::ResourceTemplate => "uriTemplate",
        }
    }
}

/// One tool, resource, resource template or prompt, byte for byte as the upstream sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it defines.
    pub kind: DefinitionKind,
    /// What it is called: the tool's or prompt's name, the resource's URI or URI template.
    pub name: String,
    /// The definition's JSON text.
    pub raw: Bytes,
    /// The digest of its canonical form.
    pub digest: Digest,
}

impl Definition {
    /// The longest name, URI or URI template, in characters.
    pub const MAX_NAME_CHARS: usize = 1024;

    /// Reads a definition's identity out of its JSON text.
    ///
    /// The text is passed on as it is, so it must mean the same to whoever reads it: a text in
    /// which readers may find different names or different contents is refused, and so is a name
    /// that people would see as another one.
    ///
    /// # Errors
    /// Says what is wrong when the text is not an object with the identifying member, when a
    /// member occurs twice at any depth, or when the name is too long or not printable.
    pub fn parse(kind: DefinitionKind, raw: Bytes) -> Result<Self, String> {
        let (what, member) = (kind.as_str(), kind.identity_member());
        let value: Value =
            serde_json::from_slice(&raw).map_err(|_| format!("a {what} is not JSON"))?;
        if !has_unique_members(&raw) {
            return Err(format!("a {what} has a member twice"));
        }
        let name = value
            .get(member)
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| format!("a {what} has no {member}"))?
            .to_owned();
        // Go's `encoding/json` takes `Name` for `name`, the last one winning.
        let is_variant = |key: &String| key != member && key.eq_ignore_ascii_case(member);
        if value.as_object().is_some_and(|members| members.keys().any(is_variant)) {
            return Err(format!("a {what} has {member} in two spellings"));
        }
        if name.chars().count() > Self::MAX_NAME_CHARS {
            let most = Self::MAX_NAME_CHARS;
            return Err(format!("the {member} of a {what} is longer than {most} characters"));
        }
        if name.chars().any(is_unprintable) {
            return Err(format!(
                "the {member} of a {what} has control characters or invisible formatting \
                 characters"
            ));
        }
        Ok(Self { kind, name, digest: Digest::of_json(&value), raw })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: DefinitionKind, text: &str) -> String {
        Definition::parse(kind, Bytes::from(text.to_owned())).unwrap_err()
    }

    #[test]
    fn a_definition_without_its_identity_is_refused_in_words() {
        assert_eq!(refusal(DefinitionKind::Resource, "{}"), "a resource has no uri");
        assert_eq!(refusal(DefinitionKind::Tool, r#"{"name":""}"#), "a tool has no name");
        assert_eq!(refusal(DefinitionKind::Tool, r#"["name"]"#), "a tool has no name");
        assert_eq!(refusal(DefinitionKind::Prompt, "{"), "a prompt is not JSON");
    }

    #[test]
    fn a_definition_that_readers_may_read_differently_is_refused() {
        for text in [
            r#"{"name":"safe","name":"danger"}"#,
            r#"{"name":"safe","n\u0061me":"danger"}"#,
            r#"{"name":"a","description":"mild","description":"wild"}"#,
            r#"{"name":"a","inputSchema":{"type":"object","type":"array"}}"#,
            r#"{"name":"a","x":[{"y":1},{"y":1,"y":2}]}"#,
        ] {
            assert_eq!(refusal(DefinitionKind::Tool, text), "a tool has a member twice", "{text}");
        }
        let variant = r#"{"name":"safe","Name":"danger"}"#;
        assert_eq!(refusal(DefinitionKind::Tool, variant), "a tool has name in two spellings");
        let variant = r#"{"uriTemplate":"a:{x}","uritemplate":"b:{x}"}"#;
        let refused = refusal(DefinitionKind::ResourceTemplate, variant);
        assert_eq!(refused, "a resource_template has uriTemplate in two spellings");
        // The identity of another kind identifies nothing here.
        let tool = r#"{"name":"a","uri":"x","URI":"y","title":"t","inputSchema":{"name":"b"}}"#;
        assert!(
            Definition::parse(DefinitionKind::Tool, Bytes::from_static(tool.as_bytes())).is_ok()
        );
    }

    #[test]
    fn a_name_that_does_not_show_as_it_is_is_refused() {
        for c in
            ["\\u0000", "\\n", "\\u007f", "\\u0085", "\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}"]
        {
            let refused = refusal(DefinitionKind::Tool, &format!(r#"{{"name":"a{c}b"}}"#));
            assert!(refused.starts_with("the name of a tool has control"), "{c:?}: {refused}");
        }
        for name in ["a b", "é__x", "نمی\u{200c}خواهم", "👩\u{200d}💻"] {
            let text = format!(r#"{{"name":"{name}"}}"#);
            assert!(Definition::parse(DefinitionKind::Tool, Bytes::from(text)).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_name_has_at_most_1024_characters() {
        let named = |chars| format!(r#"{{"uri":"{}"}}"#, "é".repeat(chars));
        assert!(Definition::parse(DefinitionKind::Resource, Bytes::from(named(1024))).is_ok());
        let refused = refusal(DefinitionKind::Resource, &named(1025));
        assert_eq!(refused, "the uri of a resource is longer than 1024 characters");
    }
}
