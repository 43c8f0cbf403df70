//! A document as a row, and back.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer};
use registry_domain::document::{Document, MediaType};
use registry_domain::id::{DocumentId, RegistrationId, UserId};
use registry_domain::manifest::Digest;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, Time, time};
use crate::schema::documents;

diesel::define_sql_function! {
    /// So many bytes from a position on; the first one has position 1.
    fn substr(content: Binary, from: Integer, count: Integer) -> Binary;
}

/// A row of `documents`.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = documents)]
pub(super) struct DocumentRow {
    document_id: Uuid,
    registration_id: Uuid,
    filename: String,
    content_type: String,
    size_bytes: i64,
    digest: String,
    title: Option<String>,
    tool_name: Option<String>,
    uploaded_by: Uuid,
    created_at: Time,
}

impl DocumentRow {
    /// A document as it is written.
    pub(super) fn of(document: &Document) -> Self {
        Self {
            document_id: document.id.0,
            registration_id: document.registration.0,
            filename: document.filename.clone(),
            content_type: document.media_type.as_str().to_owned(),
            size_bytes: i64::try_from(document.size).unwrap_or(i64::MAX),
            digest: document.digest.to_string(),
            title: document.title.clone(),
            tool_name: document.tool_name.clone(),
            uploaded_by: document.uploaded_by.0,
            created_at: time(document.created_at),
        }
    }

    /// The document that was written.
    pub(super) fn read(self) -> Result<Document, StoreError> {
        let place = Place { table: "documents", row: self.document_id };
        Ok(Document {
            id: DocumentId(self.document_id),
            registration: RegistrationId(self.registration_id),
            media_type: place.word("content_type", &self.content_type, MediaType::parse)?,
            size: self.size_bytes.unsigned_abs(),
            digest: place.word("digest", &self.digest, Digest::parse)?,
            uploaded_by: UserId(self.uploaded_by),
            created_at: self.created_at.to_jiff(),
            filename: self.filename,
            title: self.title,
            tool_name: self.tool_name,
        })
    }
}
