//! The port `DocumentStore`: documents in one table, their bytes in another.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::document::{Document, DocumentRemoval, Upload};
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::ports::{DocumentStore, Kept, Page, PortError};

use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::place::readable;
use crate::read::View;
use crate::registrations;
use crate::schema::{document_contents, documents};
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

mod row;

use row::{DocumentRow, substr};

/// Keeps a document, unless there are `most` already.
struct Insert {
    upload: Upload,
    most: u32,
}

#[async_trait]
impl Write for Insert {
    type Output = Kept;
    const NAME: &'static str = "insert_document";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let Upload { document, content, event } = &self.upload;
        // Who else adds one waits there: between the count and the insertion nobody comes.
        registrations::hold(tx.conn, document.registration).await?;
        let own = documents::registration_id.eq(document.registration.0);
        let there: i64 = documents::table.filter(own).count().get_result(tx.conn).await?;
        if there >= self.most.into() {
            return Ok(Kept::Full);
        }
        diesel::insert_into(documents::table)
            .values(DocumentRow::of(document))
            .execute(tx.conn)
            .await?;
        let id = document_contents::document_id.eq(document.id.0);
        diesel::insert_into(document_contents::table)
            .values((id, document_contents::content.eq(content.as_ref())))
            .execute(tx.conn)
            .await?;
        events::append(tx, &[event], None).await?;
        Ok(Kept::Kept)
    }

    fn after_loss(&self) -> AfterLoss<Kept> {
        AfterLoss::LookFor(self.upload.event.id, Kept::Kept)
    }
}

/// Takes a document away.
struct Remove(DocumentRemoval);

#[async_trait]
impl Write for Remove {
    type Output = ();
    const NAME: &'static str = "remove_document";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(removal) = self;
        let own = documents::registration_id.eq(removal.registration.0);
        let row = documents::table.find(removal.id.0).filter(own);
        // The bytes go with it (ON DELETE CASCADE).
        if diesel::delete(row).execute(tx.conn).await? == 0 {
            return Err(StoreError::Gone);
        }
        events::append(tx, &[&removal.event], None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::LookFor(self.0.event.id, ())
    }
}

/// What a page is asked for: whose documents, how many, after how many.
type Asked = (RegistrationId, u32, u32);

async fn list(
    conn: &mut Connection,
    (registration, limit, offset): Asked,
) -> Result<Page<Document>, StoreError> {
    let own = documents::registration_id.eq(registration.0);
    let total: i64 = documents::table.filter(own).count().get_result(conn).await?;
    let rows: Vec<DocumentRow> = documents::table
        .filter(own)
        .order((documents::created_at, documents::document_id))
        .limit(limit.into())
        .offset(offset.into())
        .select(DocumentRow::as_select())
        .load(conn)
        .await?;
    let items = readable(rows.into_iter().map(DocumentRow::read))?;
    Ok(Page { total: total.unsigned_abs(), items })
}

async fn find(
    conn: &mut Connection,
    (registration, id): (RegistrationId, DocumentId),
) -> Result<Option<Document>, StoreError> {
    let row: Option<DocumentRow> = documents::table
        .find(id.0)
        .select(DocumentRow::as_select())
        .first(conn)
        .await
        .optional()?;
    let found = row.map(DocumentRow::read).transpose()?;
    // Asked of the row and not of the database, which might choose the larger index for it.
    Ok(found.filter(|document| document.registration == registration))
}

async fn read(
    conn: &mut Connection,
    id: DocumentId,
    part: &Range<u32>,
) -> Result<Option<Bytes>, StoreError> {
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let from = number(part.start).saturating_add(1);
    let count = number(part.end.saturating_sub(part.start));
    let found: Option<Vec<u8>> = document_contents::table
        .find(id.0)
        .select(substr(document_contents::content, from, count))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(Bytes::from))
}

#[async_trait]
impl DocumentStore for PgStore {
    async fn insert(&self, upload: &Upload, most: u32) -> Result<Kept, PortError> {
        self.write(Insert { upload: upload.clone(), most }).await
    }

    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Document>, PortError> {
        let asked = (registration, limit, offset);
        self.read("list_documents", View::Newest, asked, |conn, asked| list(conn, *asked).boxed())
            .await
    }

    async fn find(
        &self,
        registration: RegistrationId,
        id: DocumentId,
    ) -> Result<Option<Document>, PortError> {
        let asked = (registration, id);
        self.read("find_document", View::Newest, asked, |conn, asked| find(conn, *asked).boxed())
            .await
    }

    async fn read(&self, id: DocumentId, part: Range<u32>) -> Result<Option<Bytes>, PortError> {
        let asked = (id, part);
        PgStore::read(self, "read_document", View::Newest, asked, |conn, (id, part)| {
            read(conn, *id, part).boxed()
        })
        .await
    }

    async fn remove(&self, removal: &DocumentRemoval) -> Result<(), PortError> {
        self.write(Remove(removal.clone())).await
    }
}
