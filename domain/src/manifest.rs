//! What an upstream offers, definition by definition, and what an approval pins of it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

/// SHA-256 over a canonical form: members sorted by name, no white space. Two documents that mean
/// the same have the same digest, however their server happened to order them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a JSON document.
    pub fn of_json(value: &Value) -> Self {
        let mut canonical = Vec::new();
        write_canonical(value, &mut canonical);
        Self(Sha256::digest(&canonical).into())
    }

    /// Reads `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        let mut bytes = [0_u8; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let start = index * 2;
            *byte = u8::from_str_radix(hex.get(start..start + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            out.push(b'{');
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_canonical(&Value::String(name.clone()), out);
                out.push(b':');
                write_canonical(member, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        scalar => out.extend_from_slice(scalar.to_string().as_bytes()),
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
    /// Reads a definition's identity out of its JSON text.
    ///
    /// # Errors
    /// Says what is missing when the text is not an object with the identifying member.
    pub fn parse(kind: DefinitionKind, raw: Bytes) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(&raw).map_err(|_| format!("a {} is not JSON", kind.as_str()))?;
        let member = kind.identity_member();
        let name = value
            .get(member)
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| format!("a {} has no {member}", kind.as_str()))?
            .to_owned();
        Ok(Self { kind, name, digest: Digest::of_json(&value), raw })
    }
}

/// Everything that an upstream offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    definitions: Vec<Definition>,
    digest: Digest,
}

impl Manifest {
    /// Makes a manifest of definitions in the upstream's order. A name that occurs twice within
    /// its kind is kept once: the first is what a client would find.
    pub fn new(definitions: impl IntoIterator<Item = Definition>) -> Self {
        let mut seen = std::collections::HashSet::new();
        let mut kept: Vec<Definition> = definitions
            .into_iter()
            .filter(|definition| seen.insert((definition.kind, definition.name.clone())))
            .collect();
        kept.sort_by_key(|definition| definition.kind);
        let mut parts: Vec<(DefinitionKind, &str, Digest)> = kept
            .iter()
            .map(|definition| (definition.kind, definition.name.as_str(), definition.digest))
            .collect();
        parts.sort();
        let mut hash = Sha256::new();
        for (kind, name, digest) in parts {
            hash.update(kind.as_str());
            hash.update([0]);
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(digest.0);
        }
        Self { digest: Digest(hash.finalize().into()), definitions: kept }
    }

    /// The definitions, grouped by kind, within it in the upstream's order.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The definitions of one kind.
    pub fn of(&self, kind: DefinitionKind) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |definition| definition.kind == kind)
    }

    /// One digest over all definitions, whatever their order.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// Why an upstream could not be read, as a class that a submitter can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultClass {
    /// Nothing answers at the address.
    Unreachable,
    /// The name does not resolve, or resolves to an address that may not be called.
    AddressForbidden,
    /// It answered too slowly.
    Timeout,
    /// The TLS handshake failed.
    TlsFailed,
    /// It is alive, but wants credentials.
    AuthorizationRequired,
    /// It answers HTTP, but not MCP.
    NotMcp,
    /// It speaks MCP, but over another transport than streamable HTTP.
    WrongTransport,
    /// It answered with an HTTP status of 500 or above.
    ServerError,
    /// It speaks MCP, but breaks its rules or our bounds.
    ProtocolViolation,
}

impl FaultClass {
    /// The class's name in JSON, SQL and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::AddressForbidden => "address_forbidden",
            Self::Timeout => "timeout",
            Self::TlsFailed => "tls_failed",
            Self::AuthorizationRequired => "authorization_required",
            Self::NotMcp => "not_mcp",
            Self::WrongTransport => "wrong_transport",
            Self::ServerError => "server_error",
            Self::ProtocolViolation => "protocol_violation",
        }
    }

    /// The inverse of [`FaultClass::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Unreachable,
            Self::AddressForbidden,
            Self::Timeout,
            Self::TlsFailed,
            Self::AuthorizationRequired,
            Self::NotMcp,
            Self::WrongTransport,
            Self::ServerError,
            Self::ProtocolViolation,
        ]
        .into_iter()
        .find(|class| class.as_str() == text)
    }
}

/// How far the discovery of a registration's manifest has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// Not tried yet for the present content.
    Pending,
    /// Read; the candidate is there to be reviewed.
    Complete {
        /// What the upstream offers.
        manifest: Manifest,
        /// When it was read.
        at: Timestamp,
    },
    /// Tried in vain; it is tried again later.
    Failed {
        /// The class of fault.
        class: FaultClass,
        /// The fault in words.
        detail: String,
        /// When it was last tried.
        at: Timestamp,
    },
}

impl Discovery {
    /// The candidate, once it was read.
    pub const fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::Complete { manifest, .. } => Some(manifest),
            Self::Pending | Self::Failed { .. } => None,
        }
    }

    /// The candidate's digest, once it was read.
    pub fn digest(&self) -> Option<Digest> {
        self.manifest().map(Manifest::digest)
    }

    /// The state's name in JSON and SQL.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete { .. } => "complete",
            Self::Failed { .. } => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn tool(text: &str) -> Definition {
        Definition::parse(DefinitionKind::Tool, Bytes::from(text.to_owned())).unwrap()
    }

    #[test]
    fn member_order_does_not_change_a_digest_but_a_word_does() {
        let one = tool(r#"{"name":"echo","inputSchema":{"type":"object","x":1}}"#);
        let same = tool(r#"{ "inputSchema": {"x":1, "type":"object"}, "name":"echo" }"#);
        let other = tool(r#"{"name":"echo","inputSchema":{"type":"object","x":2}}"#);
        assert_eq!(one.digest, same.digest);
        assert_ne!(one.digest, other.digest);
        assert_ne!(one.raw, same.raw, "the bytes stay as they came");
    }

    #[test]
    fn a_manifest_is_the_same_whatever_order_its_tools_come_in() {
        let (a, b) = (tool(r#"{"name":"a"}"#), tool(r#"{"name":"b"}"#));
        assert_eq!(Manifest::new([a.clone(), b.clone()]).digest(), Manifest::new([b, a]).digest());
    }

    #[test]
    fn a_second_tool_of_the_same_name_cannot_shadow_the_first() {
        let manifest =
            Manifest::new([tool(r#"{"name":"a","v":1}"#), tool(r#"{"name":"a","v":2}"#)]);
        assert_eq!(manifest.definitions().len(), 1);
        assert_eq!(manifest.definitions()[0].digest, tool(r#"{"name":"a","v":1}"#).digest);
    }

    #[test]
    fn a_definition_without_its_identity_is_refused_in_words() {
        let refused = Definition::parse(DefinitionKind::Resource, Bytes::from_static(b"{}"));
        assert_eq!(refused.unwrap_err(), "a resource has no uri");
    }

    proptest! {
        #[test]
        fn a_digest_reads_back_what_it_prints(seed in any::<i64>()) {
            let digest = Digest::of_json(&json!({"seed": seed}));
            prop_assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        }

        #[test]
        fn digest_parsing_never_panics(text in ".{0,80}") {
            let _ = Digest::parse(&text);
        }
    }
}
