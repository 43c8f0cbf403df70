//! The port `LinkStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use registry_domain::id::{LinkId, RegistrationId, UserId};
use registry_domain::link::{Link, LinkRelation, LinkRemoval, NewLink};
use registry_domain::ports::{Kept, LinkStore, Page, PortError};

use crate::error::StoreError;
use crate::events;
use crate::place::{Place, readable, time_text};
use crate::registrations;
use crate::schema::links;
use crate::store::EmbeddedStore;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = links)]
struct LinkRow {
    link_id: String,
    registration_id: String,
    rel: String,
    url: String,
    title: Option<String>,
    added_by: String,
    created_at: String,
}

impl LinkRow {
    fn of(link: &Link) -> Self {
        Self {
            link_id: link.id.to_string(),
            registration_id: link.registration.to_string(),
            rel: link.relation.as_str().to_owned(),
            url: link.url.clone(),
            title: link.title.clone(),
            added_by: link.added_by.to_string(),
            created_at: time_text(link.created_at),
        }
    }

    fn read(self) -> Result<Link, StoreError> {
        let place = Place { table: "links", row: &self.link_id };
        Ok(Link {
            id: LinkId(place.uuid("link_id", &self.link_id)?),
            registration: RegistrationId(place.uuid("registration_id", &self.registration_id)?),
            relation: place.word("rel", &self.rel, LinkRelation::parse)?,
            added_by: UserId(place.uuid("added_by", &self.added_by)?),
            created_at: place.time("created_at", &self.created_at)?,
            url: self.url,
            title: self.title,
        })
    }
}

fn insert(conn: &mut SqliteConnection, new: &NewLink, most: u32) -> Result<Kept, StoreError> {
    let NewLink { link, event } = new;
    registrations::require(conn, link.registration)?;
    let own = links::registration_id.eq(link.registration.to_string());
    let holder: Option<String> = links::table
        .filter(&own)
        .filter(links::url.eq(&link.url))
        .select(links::link_id)
        .first(conn)
        .optional()?;
    if let Some(holder) = holder {
        let place = Place { table: "links", row: &holder };
        let holder = place.uuid("link_id", &holder)?;
        return Err(StoreError::Taken { key: "url", holder: Some(holder) });
    }
    let there: i64 = links::table.filter(&own).count().get_result(conn)?;
    if there >= most.into() {
        return Ok(Kept::Full);
    }
    diesel::insert_into(links::table).values(LinkRow::of(link)).execute(conn)?;
    events::append(conn, std::slice::from_ref(event), None)?;
    Ok(Kept::Kept)
}

fn list(
    conn: &mut SqliteConnection,
    registration: RegistrationId,
    (limit, offset): (u32, u32),
) -> Result<Page<Link>, StoreError> {
    let own = links::registration_id.eq(registration.to_string());
    let total: i64 = links::table.filter(&own).count().get_result(conn)?;
    let rows: Vec<LinkRow> = links::table
        .filter(&own)
        .order((links::created_at, links::link_id))
        .limit(limit.into())
        .offset(offset.into())
        .select(LinkRow::as_select())
        .load(conn)?;
    let items = readable(rows.into_iter().map(LinkRow::read))?;
    Ok(Page { total: total.unsigned_abs(), items })
}

fn remove(conn: &mut SqliteConnection, removal: &LinkRemoval) -> Result<(), StoreError> {
    let own = links::registration_id.eq(removal.registration.to_string());
    let row = links::table.find(removal.id.to_string()).filter(own);
    if diesel::delete(row).execute(conn)? == 0 {
        return Err(StoreError::Gone);
    }
    events::append(conn, std::slice::from_ref(&removal.event), None)
}

#[async_trait]
impl LinkStore for EmbeddedStore {
    async fn insert(&self, new: &NewLink, most: u32) -> Result<Kept, PortError> {
        let new = new.clone();
        self.write("insert_link", move |conn| insert(conn, &new, most)).await
    }

    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Link>, PortError> {
        self.read("list_links", move |conn| list(conn, registration, (limit, offset))).await
    }

    async fn find(
        &self,
        registration: RegistrationId,
        id: LinkId,
    ) -> Result<Option<Link>, PortError> {
        self.read("find_link", move |conn| {
            let row: Option<LinkRow> = links::table
                .find(id.to_string())
                .filter(links::registration_id.eq(registration.to_string()))
                .select(LinkRow::as_select())
                .first(conn)
                .optional()?;
            row.map(LinkRow::read).transpose()
        })
        .await
    }

    async fn remove(&self, removal: &LinkRemoval) -> Result<(), PortError> {
        let removal = removal.clone();
        self.write("remove_link", move |conn| remove(conn, &removal)).await
    }
}
