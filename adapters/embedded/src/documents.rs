//! The port `DocumentStore`: documents in one table, their bytes in another.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer};
use registry_domain::document::{Document, DocumentRemoval, MediaType, Upload};
use registry_domain::id::{DocumentId, RegistrationId, UserId};
use registry_domain::manifest::Digest;
use registry_domain::ports::{DocumentStore, Kept, Page, PortError};

use crate::error::StoreError;
use crate::events;
use crate::place::{Place, readable, time_text};
use crate::registrations;
use crate::schema::{document_contents, documents};
use crate::store::EmbeddedStore;

diesel::define_sql_function! {
    /// So many bytes from a position on; the first one has position 1.
    fn substr(content: Binary, from: Integer, count: Integer) -> Binary;
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = documents)]
struct DocumentRow {
    document_id: String,
    registration_id: String,
    filename: String,
    content_type: String,
    size_bytes: i64,
    digest: String,
    title: Option<String>,
    tool_name: Option<String>,
    uploaded_by: String,
    created_at: String,
}

impl DocumentRow {
    fn of(document: &Document) -> Self {
        Self {
            document_id: document.id.to_string(),
            registration_id: document.registration.to_string(),
            filename: document.filename.clone(),
            content_type: document.media_type.as_str().to_owned(),
            size_bytes: i64::try_from(document.size).unwrap_or(i64::MAX),
            digest: document.digest.to_string(),
            title: document.title.clone(),
            tool_name: document.tool_name.clone(),
            uploaded_by: document.uploaded_by.to_string(),
            created_at: time_text(document.created_at),
        }
    }

    fn read(self) -> Result<Document, StoreError> {
        let place = Place { table: "documents", row: &self.document_id };
        Ok(Document {
            id: DocumentId(place.uuid("document_id", &self.document_id)?),
            registration: RegistrationId(place.uuid("registration_id", &self.registration_id)?),
            media_type: place.word("content_type", &self.content_type, MediaType::parse)?,
            size: self.size_bytes.unsigned_abs(),
            digest: place.word("digest", &self.digest, Digest::parse)?,
            uploaded_by: UserId(place.uuid("uploaded_by", &self.uploaded_by)?),
            created_at: place.time("created_at", &self.created_at)?,
            filename: self.filename,
            title: self.title,
            tool_name: self.tool_name,
        })
    }
}

fn insert(conn: &mut SqliteConnection, upload: &Upload, most: u32) -> Result<Kept, StoreError> {
    let Upload { document, content, event } = upload;
    registrations::require(conn, document.registration)?;
    let own = documents::registration_id.eq(document.registration.to_string());
    let there: i64 = documents::table.filter(own).count().get_result(conn)?;
    if there >= most.into() {
        return Ok(Kept::Full);
    }
    diesel::insert_into(documents::table).values(DocumentRow::of(document)).execute(conn)?;
    let id = document_contents::document_id.eq(document.id.to_string());
    diesel::insert_into(document_contents::table)
        .values((id, document_contents::content.eq(content.as_ref())))
        .execute(conn)?;
    events::append(conn, std::slice::from_ref(event), None)?;
    Ok(Kept::Kept)
}

fn list(
    conn: &mut SqliteConnection,
    registration: RegistrationId,
    (limit, offset): (u32, u32),
) -> Result<Page<Document>, StoreError> {
    let own = documents::registration_id.eq(registration.to_string());
    let total: i64 = documents::table.filter(&own).count().get_result(conn)?;
    let rows: Vec<DocumentRow> = documents::table
        .filter(&own)
        .order((documents::created_at, documents::document_id))
        .limit(limit.into())
        .offset(offset.into())
        .select(DocumentRow::as_select())
        .load(conn)?;
    let items = readable(rows.into_iter().map(DocumentRow::read))?;
    Ok(Page { total: total.unsigned_abs(), items })
}

fn read(
    conn: &mut SqliteConnection,
    id: DocumentId,
    part: &Range<u32>,
) -> Result<Option<Bytes>, StoreError> {
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let from = number(part.start).saturating_add(1);
    let count = number(part.end.saturating_sub(part.start));
    let found: Option<Vec<u8>> = document_contents::table
        .find(id.to_string())
        .select(substr(document_contents::content, from, count))
        .first(conn)
        .optional()?;
    Ok(found.map(Bytes::from))
}

fn remove(conn: &mut SqliteConnection, removal: &DocumentRemoval) -> Result<(), StoreError> {
    let own = documents::registration_id.eq(removal.registration.to_string());
    let row = documents::table.find(removal.id.to_string()).filter(own);
    // The bytes go with it (ON DELETE CASCADE).
    if diesel::delete(row).execute(conn)? == 0 {
        return Err(StoreError::Gone);
    }
    events::append(conn, std::slice::from_ref(&removal.event), None)
}

#[async_trait]
impl DocumentStore for EmbeddedStore {
    async fn insert(&self, upload: &Upload, most: u32) -> Result<Kept, PortError> {
        let upload = upload.clone();
        self.write("insert_document", move |conn| insert(conn, &upload, most)).await
    }

    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Document>, PortError> {
        self.read("list_documents", move |conn| list(conn, registration, (limit, offset))).await
    }

    async fn find(
        &self,
        registration: RegistrationId,
        id: DocumentId,
    ) -> Result<Option<Document>, PortError> {
        self.read("find_document", move |conn| {
            let row: Option<DocumentRow> = documents::table
                .find(id.to_string())
                .filter(documents::registration_id.eq(registration.to_string()))
                .select(DocumentRow::as_select())
                .first(conn)
                .optional()?;
            row.map(DocumentRow::read).transpose()
        })
        .await
    }

    async fn read(&self, id: DocumentId, part: Range<u32>) -> Result<Option<Bytes>, PortError> {
        EmbeddedStore::read(self, "read_document", move |conn| read(conn, id, &part)).await
    }

    async fn remove(&self, removal: &DocumentRemoval) -> Result<(), PortError> {
        let removal = removal.clone();
        self.write("remove_document", move |conn| remove(conn, &removal)).await
    }
}
