//! A manifest as one JSON document: how stores keep a candidate.

use bytes::Bytes;
use serde::{Deserialize, Serialize, de, ser};

use super::{Definition, DefinitionKind, Digest, Manifest};

/// A definition inside the document. Its JSON text is a string there: nothing about it is changed
/// by being inside another document.
#[derive(Serialize, Deserialize)]
struct Kept {
    kind: DefinitionKind,
    name: String,
    digest: String,
    raw: String,
}

impl Manifest {
    /// All definitions as one document.
    ///
    /// # Errors
    /// When a definition is not text.
    pub fn to_document(&self) -> serde_json::Result<String> {
        let keep = |definition: &Definition| {
            let raw = std::str::from_utf8(&definition.raw).map_err(|_| {
                <serde_json::Error as ser::Error>::custom(format!(
                    "{} is not UTF-8",
                    definition.name
                ))
            })?;
            Ok(Kept {
                kind: definition.kind,
                name: definition.name.clone(),
                digest: definition.digest.to_string(),
                raw: raw.to_owned(),
            })
        };
        let kept: Vec<Kept> =
            self.definitions().iter().map(keep).collect::<serde_json::Result<_>>()?;
        serde_json::to_string(&kept)
    }

    /// The inverse of [`Manifest::to_document`].
    ///
    /// # Errors
    /// When the document, or a digest in it, does not read.
    pub fn from_document(text: &str) -> serde_json::Result<Self> {
        let kept: Vec<Kept> = serde_json::from_str(text)?;
        let read = |kept: Kept| {
            let digest = Digest::parse(&kept.digest).ok_or_else(|| {
                <serde_json::Error as de::Error>::custom(format!(
                    "unknown digest {:?}",
                    kept.digest
                ))
            })?;
            Ok(Definition { kind: kept.kind, digest, name: kept.name, raw: Bytes::from(kept.raw) })
        };
        let definitions: Vec<Definition> =
            kept.into_iter().map(read).collect::<serde_json::Result<_>>()?;
        Ok(Self::new(definitions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_back_byte_for_byte_and_a_bad_digest_is_named() {
        let raw = Bytes::from_static(br#"{ "name":"a\u00e9", "x":1.50 }"#);
        let definition = Definition::parse(DefinitionKind::Tool, raw).unwrap();
        let manifest = Manifest::new(vec![definition]);
        let document = manifest.to_document().unwrap();
        assert_eq!(Manifest::from_document(&document).unwrap(), manifest);
        let spoilt = document.replace("sha256:", "md5:");
        assert!(Manifest::from_document(&spoilt).unwrap_err().to_string().contains("md5:"));
    }
}
