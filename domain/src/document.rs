//! Documents of a registration: what its tools are for, as files that people read.
//!
//! What a file is, its content says ([`MediaType::judge`]). It is never opened for anybody: it is
//! given back as the bytes that came.

mod filename;
mod media_type;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use crate::error::Error;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::field::{Violation, Violations, printable};
use crate::id::{DocumentId, RegistrationId, UserId};
use crate::manifest::Digest;
use crate::registration::Registration;

pub use media_type::{MediaType, Unsupported};

/// A file as it was sent.
#[derive(Debug, Clone, Default)]
pub struct DocumentDraft {
    /// The name it has where it comes from; folders in it are left out.
    pub filename: String,
    /// What to call it in a list.
    pub title: Option<String>,
    /// The tool that it is about.
    pub tool_name: Option<String>,
    /// Its bytes.
    pub content: Bytes,
}

/// A document without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Our id.
    pub id: DocumentId,
    /// Whose it is.
    pub registration: RegistrationId,
    /// Its name: 1 to 255 printable characters, no folder.
    pub filename: String,
    /// What its content is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// What to call it in a list.
    pub title: Option<String>,
    /// The tool that it is about.
    pub tool_name: Option<String>,
    /// Who sent it.
    pub uploaded_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// A document that comes, with its bytes and what the audit trail keeps of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    /// The document.
    pub document: Document,
    /// Its bytes.
    pub content: Bytes,
    /// What happened.
    pub event: RegistryEvent,
}

/// A document that goes.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentRemoval {
    /// Which.
    pub id: DocumentId,
    /// Of which registration.
    pub registration: RegistrationId,
    /// What happened.
    pub event: RegistryEvent,
}

impl Document {
    /// The largest document, in bytes.
    pub const MAX_BYTES: u32 = 10 * 1024 * 1024;
    /// The most documents of a registration.
    pub const MAX_PER_REGISTRATION: u32 = 20;
    /// The longest title, in characters.
    pub const MAX_TITLE: usize = 200;
    /// The longest tool name, in characters.
    pub const MAX_TOOL_NAME: usize = 255;

    /// Checks a file and makes it a document of a registration.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Invalid`] with every field that breaks its rule, and
    /// [`Error::UnsupportedType`] for content that is not one of [`MediaType`]'s.
    pub fn upload(
        draft: DocumentDraft,
        id: DocumentId,
        registration: &Registration,
        uploader: UserId,
        stamp: EventStamp,
    ) -> Result<Upload, Error> {
        let size = u64::try_from(draft.content.len()).unwrap_or(u64::MAX);
        if size > Self::MAX_BYTES.into() {
            return Err(Error::TooLarge { most_bytes: Self::MAX_BYTES.into() });
        }
        let mut wrong = Violations::default();
        let filename = wrong.take(filename::bare(&draft.filename));
        let title = optional("title", draft.title, Self::MAX_TITLE, &mut wrong);
        let tool_name = optional("tool_name", draft.tool_name, Self::MAX_TOOL_NAME, &mut wrong);
        if size == 0 {
            wrong.push(Violation::at("file", "file_empty", "must not be empty"));
        }
        let filename = match filename {
            Some(filename) if wrong.is_empty() => filename,
            _ => return Err(Error::Invalid(wrong.into_inner())),
        };
        let media_type = MediaType::judge(&filename, &draft.content)
            .map_err(|why| Error::UnsupportedType(why.to_string()))?;
        let document = Self {
            id,
            registration: registration.id,
            filename,
            media_type,
            size,
            digest: Digest::of_bytes(&draft.content),
            title,
            tool_name,
            uploaded_by: uploader,
            created_at: stamp.at,
        };
        let event = document.event(EventKind::DocumentUploaded, registration, uploader, stamp);
        Ok(Upload { document, content: draft.content, event })
    }

    /// Takes a document from its registration.
    pub fn remove(
        self,
        registration: &Registration,
        actor: UserId,
        stamp: EventStamp,
    ) -> DocumentRemoval {
        let event = self.event(EventKind::DocumentDeleted, registration, actor, stamp);
        DocumentRemoval { id: self.id, registration: self.registration, event }
    }

    fn event(
        &self,
        kind: EventKind,
        registration: &Registration,
        actor: UserId,
        stamp: EventStamp,
    ) -> RegistryEvent {
        let change = if kind == EventKind::DocumentDeleted { "deleted" } else { "uploaded" };
        registration.event(kind, actor, stamp, registration.status()).saying(json!({
            "change": change,
            "document": {
                "document_id": self.id,
                "filename": self.filename,
                "content_type": self.media_type.as_str(),
                "size_bytes": self.size,
                "sha256": self.digest.to_hex(),
            },
        }))
    }
}

/// A text that may be left out; a blank one is as good as that.
fn optional(
    field: &'static str,
    text: Option<String>,
    max: usize,
    wrong: &mut Violations,
) -> Option<String> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    wrong.take(printable(field, text.trim(), 1, max))
}

#[cfg(test)]
mod tests;
