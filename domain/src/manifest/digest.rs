//! Digests that do not depend on how a server happened to order its members.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

    /// The digest of bytes as they are.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 64 hexadecimal digits alone.
    pub fn to_hex(self) -> String {
        self.to_string().split_off("sha256:".len())
    }

    /// A digest that was computed elsewhere in this crate.
    pub(crate) const fn of_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The bytes, to be hashed together with others.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

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
