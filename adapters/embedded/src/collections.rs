//! The port `CollectionStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use registry_domain::change::Change;
use registry_domain::collection::{Collection, CollectionContent, CollectionRemoval, Member, Slug};
use registry_domain::id::{CollectionId, Revision, TenantId, UserId};
use registry_domain::ports::{CollectionStore, Kept, Page, PortError};

use crate::error::{StoreError, is_duplicate};
use crate::events;
use crate::place::{Place, json_text, readable, time_text};
use crate::schema::collections;
use crate::store::EmbeddedStore;

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = collections, treat_none_as_null = true)]
struct CollectionRow {
    id: String,
    tenant_id: Option<String>,
    slug: String,
    name: String,
    description: Option<String>,
    instructions: Option<String>,
    members: String,
    made_by: String,
    created_at: String,
    updated_at: String,
    revision: i64,
}

impl CollectionRow {
    fn of(collection: &Collection) -> Result<Self, StoreError> {
        let content = &collection.content;
        Ok(Self {
            id: collection.id.to_string(),
            tenant_id: collection.tenant.as_ref().map(ToString::to_string),
            slug: content.slug.to_string(),
            name: content.name.clone(),
            description: content.description.clone(),
            instructions: content.instructions.clone(),
            members: json_text(&content.members)?,
            made_by: collection.made_by.to_string(),
            created_at: time_text(collection.created_at),
            updated_at: time_text(collection.updated_at),
            revision: collection.revision.0,
        })
    }

    fn read(self) -> Result<Collection, StoreError> {
        let place = Place { table: "collections", row: &self.id };
        let members: Vec<Member> = place.json("members", &self.members)?;
        Ok(Collection {
            id: CollectionId(place.uuid("id", &self.id)?),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            made_by: UserId(place.uuid("made_by", &self.made_by)?),
            created_at: place.time("created_at", &self.created_at)?,
            updated_at: place.time("updated_at", &self.updated_at)?,
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

fn commit(
    conn: &mut SqliteConnection,
    change: &Change<Collection>,
    most: u32,
) -> Result<Kept, StoreError> {
    let row = CollectionRow::of(&change.next)?;
    let written = match change.expected {
        None => {
            let there: i64 = collections::table.count().get_result(conn)?;
            if there >= most.into() {
                return Ok(Kept::Full);
            }
            diesel::insert_into(collections::table).values(row).execute(conn)
        }
        Some(expected) => diesel::update(collections::table.find(change.next.id.to_string()))
            .filter(collections::revision.eq(expected.0))
            .set(row)
            .execute(conn),
    };
    if is_duplicate(&written) {
        return Err(taken(conn, &change.next)?);
    }
    if written? == 0 {
        return Err(stale(conn, change.next.id)?);
    }
    events::append(conn, &change.events, None)?;
    Ok(Kept::Kept)
}

/// Says who has the slug.
fn taken(conn: &mut SqliteConnection, wanted: &Collection) -> Result<StoreError, StoreError> {
    let tenant = wanted.tenant.as_ref().map(TenantId::as_str);
    let holder: Option<String> = collections::table
        .filter(collections::slug.eq(wanted.content.slug.as_str()))
        .filter(collections::tenant_id.is(tenant))
        .select(collections::id)
        .first(conn)
        .optional()?;
    let place = Place { table: "collections", row: wanted.content.slug.as_str() };
    Ok(StoreError::Taken { key: "slug", holder: place.maybe_uuid("id", holder.as_deref())? })
}

/// Says which revision is there.
fn stale(conn: &mut SqliteConnection, id: CollectionId) -> Result<StoreError, StoreError> {
    let row = collections::table.find(id.to_string());
    let stored: Option<i64> = row.select(collections::revision).first(conn).optional()?;
    Ok(StoreError::Stale(stored.map(Revision)))
}

fn list(
    conn: &mut SqliteConnection,
    (limit, offset): (u32, u32),
) -> Result<Page<Collection>, StoreError> {
    let total: i64 = collections::table.count().get_result(conn)?;
    let rows: Vec<CollectionRow> = collections::table
        .order((collections::slug, collections::id))
        .limit(limit.into())
        .offset(offset.into())
        .select(CollectionRow::as_select())
        .load(conn)?;
    let items = readable(rows.into_iter().map(CollectionRow::read))?;
    Ok(Page { total: total.unsigned_abs(), items })
}

fn remove(conn: &mut SqliteConnection, removal: &CollectionRemoval) -> Result<(), StoreError> {
    let row = collections::table.find(removal.id.to_string());
    let guarded = row.filter(collections::revision.eq(removal.expected.0));
    if diesel::delete(guarded).execute(conn)? == 0 {
        return Err(stale(conn, removal.id)?);
    }
    events::append(conn, std::slice::from_ref(&removal.event), None)
}

#[async_trait]
impl CollectionStore for EmbeddedStore {
    async fn commit_collection(
        &self,
        change: &Change<Collection>,
        most: u32,
    ) -> Result<Kept, PortError> {
        let change = change.clone();
        self.write("commit_collection", move |conn| commit(conn, &change, most)).await
    }

    async fn find_collection(&self, id: CollectionId) -> Result<Option<Collection>, PortError> {
        self.read("find_collection", move |conn| {
            let row: Option<CollectionRow> = collections::table
                .find(id.to_string())
                .select(CollectionRow::as_select())
                .first(conn)
                .optional()?;
            row.map(CollectionRow::read).transpose()
        })
        .await
    }

    async fn list_collections(
        &self,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Collection>, PortError> {
        self.read("list_collections", move |conn| list(conn, (limit, offset))).await
    }

    async fn remove_collection(&self, removal: &CollectionRemoval) -> Result<(), PortError> {
        let removal = removal.clone();
        self.write("remove_collection", move |conn| remove(conn, &removal)).await
    }
}
