//! A document without its bytes, and the form that it comes in.

use crate::openapi::schemas::Id;
use registry_domain::document::{Document, DocumentDraft};
use registry_domain::id::{DocumentId, RegistrationId, UserId};
use registry_http_edge::file_form::Form;
use registry_http_edge::{ReadForm, WireTime};
use serde::Serialize;
use utoipa::ToSchema;

/// The form of POST …/documents: the part `file`, and `title` and `tool_name`.
#[derive(Debug)]
pub(crate) struct DocumentForm(pub(crate) DocumentDraft);

impl ReadForm for DocumentForm {
    // The number fits in whatever a machine counts bytes with.
    const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;
    const TEXTS: &'static [&'static str] = &["title", "tool_name"];

    fn read(mut form: Form) -> Self {
        let (title, tool_name) = (form.text("title"), form.text("tool_name"));
        Self(DocumentDraft { filename: form.filename, title, tool_name, content: form.content })
    }
}

/// A document.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "document_id": "00000000-0000-4000-8000-000000000001",
    "registration_id": "00000000-0000-4000-8000-000000000001",
    "filename": "readme.md", "content_type": "text/markdown", "size_bytes": 15,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "title": null, "tool_name": null,
    "uploaded_by": "00000000-0000-4000-8000-000000000001",
    "created_at": "2026-11-21T10:53:19.565057Z",
}))]
pub(crate) struct DocumentResponse<'a> {
    #[schema(value_type = Id)]
    document_id: DocumentId,
    #[schema(value_type = Id)]
    registration_id: RegistrationId,
    filename: &'a str,
    content_type: &'static str,
    size_bytes: u64,
    sha256: String,
    #[schema(required = true)]
    title: Option<&'a str>,
    #[schema(required = true)]
    tool_name: Option<&'a str>,
    #[schema(value_type = Id)]
    uploaded_by: UserId,
    created_at: WireTime,
}

impl<'a> DocumentResponse<'a> {
    /// A document as it is stored.
    pub(crate) fn of(document: &'a Document) -> Self {
        Self {
            document_id: document.id,
            registration_id: document.registration,
            filename: &document.filename,
            content_type: document.media_type.as_str(),
            size_bytes: document.size,
            sha256: document.digest.to_hex(),
            title: document.title.as_deref(),
            tool_name: document.tool_name.as_deref(),
            uploaded_by: document.uploaded_by,
            created_at: WireTime(document.created_at),
        }
    }
}

/// A form with a file.
#[derive(ToSchema)]
#[schema(example = json!({"file": "# How to use it", "title": "How to use it"}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct DocumentUpload {
    /// The file, of at most 10 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What to call it.
    title: Option<String>,
    /// The tool that it is about.
    tool_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_takes_as_much_as_the_domain_does() {
        assert_eq!(u32::try_from(DocumentForm::MAX_FILE_BYTES), Ok(Document::MAX_BYTES));
    }
}
