//! A document without its bytes, and the form that it comes in.

use registry_domain::document::{Document, DocumentDraft};
use registry_domain::id::{DocumentId, RegistrationId, UserId};
use registry_http_edge::file_form::Form;
use registry_http_edge::{ReadForm, WireTime};
use serde::Serialize;

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
#[derive(Serialize)]
pub(crate) struct DocumentResponse<'a> {
    document_id: DocumentId,
    registration_id: RegistrationId,
    filename: &'a str,
    content_type: &'static str,
    size_bytes: u64,
    sha256: String,
    title: Option<&'a str>,
    tool_name: Option<&'a str>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_takes_as_much_as_the_domain_does() {
        assert_eq!(u32::try_from(DocumentForm::MAX_FILE_BYTES), Ok(Document::MAX_BYTES));
    }
}
