//! The port `CollectionStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::change::Change;
use registry_domain::collection::{Collection, CollectionContent, CollectionRemoval, Member, Slug};
use registry_domain::event::RegistryEvent;
use registry_domain::id::{CollectionId, Revision, TenantId, UserId};
use registry_domain::ports::{CollectionStore, Kept, Page, PortError};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::place::{Place, Time, json_value, readable, time};
use crate::read::View;
use crate::schema::collections;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

/// Who makes a collection waits here for who makes another, so that none is made beyond what may
/// be; readers and those who change one do not.
const ALONE: &str = "LOCK TABLE collections IN SHARE ROW EXCLUSIVE MODE";

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = collections, treat_none_as_null = true)]
struct CollectionRow {
    id: Uuid,
    tenant_id: Option<String>,
    slug: String,
    name: String,
    description: Option<String>,
    instructions: Option<String>,
    members: Value,
    made_by: Uuid,
    created_at: Time,
    updated_at: Time,
    revision: i64,
}

impl CollectionRow {
    fn of(collection: &Collection) -> Result<Self, StoreError> {
        let content = &collection.content;
        Ok(Self {
            id: collection.id.0,
            tenant_id: collection.tenant.as_ref().map(ToString::to_string),
            slug: content.slug.to_string(),
            name: content.name.clone(),
            description: content.description.clone(),
            instructions: content.instructions.clone(),
            members: json_value(&content.members)?,
            made_by: collection.made_by.0,
            created_at: time(collection.created_at),
            updated_at: time(collection.updated_at),
            revision: collection.revision.0,
        })
    }

    fn read(self) -> Result<Collection, StoreError> {
        let place = Place { table: "collections", row: self.id };
        let members: Vec<Member> = place.json("members", self.members)?;
        Ok(Collection {
            id: CollectionId(self.id),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            made_by: UserId(self.made_by),
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
            revision: Revision(self.revision),
            content: CollectionContent {
                slug: place.word("slug", &self.slug, |text| Slug::parse(text).ok())?,
                name: self.name,
                description: self.description,
                instructions: self.instructions,
                members,
            },
        })
    }
}

/// Writes a new collection, or changes one.
struct Commit {
    change: Change<Collection>,
    most: u32,
}

#[async_trait]
impl Write for Commit {
    type Output = Kept;
    const NAME: &'static str = "commit_collection";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let next = &self.change.next;
        let row = CollectionRow::of(next)?;
        match self.change.expected {
            None => {
                diesel::sql_query(ALONE).execute(tx.conn).await?;
                let there: i64 = collections::table.count().get_result(tx.conn).await?;
                if there >= self.most.into() {
                    return Ok(Kept::Full);
                }
                diesel::insert_into(collections::table).values(row).execute(tx.conn).await?;
            }
            Some(expected) => {
                let guarded =
                    collections::table.find(next.id.0).filter(collections::revision.eq(expected.0));
                if diesel::update(guarded).set(row).execute(tx.conn).await? == 0 {
                    return Err(stale(tx.conn, next.id).await?);
                }
            }
        }
        let happened: Vec<&RegistryEvent> = self.change.events.iter().collect();
        events::append(tx, &happened, None).await?;
        Ok(Kept::Kept)
    }

    async fn explain(
        &self,
        conn: &mut Connection,
        index: String,
        source: DieselError,
    ) -> Result<StoreError, StoreError> {
        if index != "idx_collections_slug_tenant_id" {
            return Ok(StoreError::Duplicate { index, source });
        }
        let wanted = &self.change.next;
        let tenant = wanted.tenant.as_ref().map(TenantId::as_str);
        let holder = collections::table
            .filter(collections::slug.eq(wanted.content.slug.as_str()))
            .filter(collections::tenant_id.is_not_distinct_from(tenant))
            .select(collections::id)
            .first(conn)
            .await
            .optional()?;
        Ok(StoreError::Taken { key: "slug", holder })
    }

    fn after_loss(&self) -> AfterLoss<Kept> {
        AfterLoss::look_for(&self.change.events, Kept::Kept)
    }
}

/// Takes a collection away.
struct Remove(CollectionRemoval);

#[async_trait]
impl Write for Remove {
    type Output = ();
    const NAME: &'static str = "remove_collection";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(removal) = self;
        let row = collections::table.find(removal.id.0);
        let guarded = row.filter(collections::revision.eq(removal.expected.0));
        if diesel::delete(guarded).execute(tx.conn).await? == 0 {
            return Err(stale(tx.conn, removal.id).await?);
        }
        events::append(tx, &[&removal.event], None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::LookFor(self.0.event.id, ())
    }
}

/// Says which revision is there.
async fn stale(conn: &mut Connection, id: CollectionId) -> Result<StoreError, StoreError> {
    let row = collections::table.find(id.0);
    let stored: Option<i64> = row.select(collections::revision).first(conn).await.optional()?;
    Ok(StoreError::Stale(stored.map(Revision)))
}

async fn find(conn: &mut Connection, id: CollectionId) -> Result<Option<Collection>, StoreError> {
    let row: Option<CollectionRow> = collections::table
        .find(id.0)
        .select(CollectionRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(CollectionRow::read).transpose()
}

async fn list(
    conn: &mut Connection,
    (limit, offset): (u32, u32),
) -> Result<Page<Collection>, StoreError> {
    let total: i64 = collections::table.count().get_result(conn).await?;
    let rows: Vec<CollectionRow> = collections::table
        .order((collections::slug, collections::id))
        .limit(limit.into())
        .offset(offset.into())
        .select(CollectionRow::as_select())
        .load(conn)
        .await?;
    let items = readable(rows.into_iter().map(CollectionRow::read))?;
    Ok(Page { total: total.unsigned_abs(), items })
}

#[async_trait]
impl CollectionStore for PgStore {
    async fn commit_collection(
        &self,
        change: &Change<Collection>,
        most: u32,
    ) -> Result<Kept, PortError> {
        self.write(Commit { change: change.clone(), most }).await
    }

    async fn find_collection(&self, id: CollectionId) -> Result<Option<Collection>, PortError> {
        self.read("find_collection", View::Newest, id, |conn, id| find(conn, *id).boxed()).await
    }

    async fn list_collections(
        &self,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Collection>, PortError> {
        let asked = (limit, offset);
        self.read("list_collections", View::Newest, asked, |conn, asked| list(conn, *asked).boxed())
            .await
    }

    async fn remove_collection(&self, removal: &CollectionRemoval) -> Result<(), PortError> {
        self.write(Remove(removal.clone())).await
    }
}
