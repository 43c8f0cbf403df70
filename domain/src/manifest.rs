//! What an upstream offers, definition by definition, and what an approval pins of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

mod definition;
mod difference;
mod digest;
mod document;
mod unique;

pub use definition::{Definition, DefinitionKind};
pub use difference::{Difference, Drift, DriftPolicy};
pub use digest::Digest;

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
            hash.update(digest.as_bytes());
        }
        Self { digest: Digest::of_hash(hash.finalize().into()), definitions: kept }
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
    /// The credential that is kept for it is no good: it does not take it, nobody gives a token for
    /// it, or it cannot be opened.
    CredentialRefused,
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
            Self::CredentialRefused => "credential_refused",
            Self::NotMcp => "not_mcp",
            Self::WrongTransport => "wrong_transport",
            Self::ServerError => "server_error",
            Self::ProtocolViolation => "protocol_violation",
        }
    }

    /// Whether the server is to blame, so that others should be asked instead of it for a while. It
    /// is not for wanting credentials, nor for where we may not call.
    pub const fn counts_against_server(self) -> bool {
        !matches!(
            self,
            Self::AddressForbidden | Self::AuthorizationRequired | Self::CredentialRefused
        )
    }

    /// The inverse of [`FaultClass::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Unreachable,
            Self::AddressForbidden,
            Self::Timeout,
            Self::TlsFailed,
            Self::AuthorizationRequired,
            Self::CredentialRefused,
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
    use bytes::Bytes;

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
}
