//! The port `LinkStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::id::{LinkId, RegistrationId, UserId};
use registry_domain::link::{Link, LinkRelation, LinkRemoval, NewLink};
use registry_domain::ports::{Kept, LinkStore, Page, PortError};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::place::{Place, Time, readable, time};
use crate::read::View;
use crate::registrations;
use crate::schema::links;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = links)]
struct LinkRow {
    link_id: Uuid,
    registration_id: Uuid,
    rel: String,
    url: String,
    title: Option<String>,
    added_by: Uuid,
    created_at: Time,
}

impl LinkRow {
    fn of(link: &Link) -> Self {
        Self {
            link_id: link.id.0,
            registration_id: link.registration.0,
            rel: link.relation.as_str().to_owned(),
            url: link.url.clone(),
            title: link.title.clone(),
            added_by: link.added_by.0,
            created_at: time(link.created_at),
        }
    }

    fn read(self) -> Result<Link, StoreError> {
        let place = Place { table: "links", row: self.link_id };
        Ok(Link {
            id: LinkId(self.link_id),
            registration: RegistrationId(self.registration_id),
            relation: place.word("rel", &self.rel, LinkRelation::parse)?,
            added_by: UserId(self.added_by),
            created_at: self.created_at.to_jiff(),
            url: self.url,
            title: self.title,
        })
    }
}

/// Keeps a link, unless its address is there, or there are `most` already.
struct Insert {
    new: NewLink,
    most: u32,
}

#[async_trait]
impl Write for Insert {
    type Output = Kept;
    const NAME: &'static str = "insert_link";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let NewLink { link, event } = &self.new;
        // Who else adds one waits there: between the look and the insertion nobody comes.
        registrations::hold(tx.conn, link.registration).await?;
        let own = links::registration_id.eq(link.registration.0);
        let holder: Option<Uuid> = links::table
            .filter(own)
            .filter(links::url.eq(&link.url))
            .select(links::link_id)
            .first(tx.conn)
            .await
            .optional()?;
        if let Some(holder) = holder {
            return Err(StoreError::Taken { key: "url", holder: Some(holder) });
        }
        let there: i64 = links::table.filter(own).count().get_result(tx.conn).await?;
        if there >= self.most.into() {
            return Ok(Kept::Full);
        }
        diesel::insert_into(links::table).values(LinkRow::of(link)).execute(tx.conn).await?;
        events::append(tx, &[event], None).await?;
        Ok(Kept::Kept)
    }

    fn after_loss(&self) -> AfterLoss<Kept> {
        AfterLoss::LookFor(self.new.event.id, Kept::Kept)
    }
}

/// Takes a link away.
struct Remove(LinkRemoval);

#[async_trait]
impl Write for Remove {
    type Output = ();
    const NAME: &'static str = "remove_link";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(removal) = self;
        let own = links::registration_id.eq(removal.registration.0);
        let row = links::table.find(removal.id.0).filter(own);
        if diesel::delete(row).execute(tx.conn).await? == 0 {
            return Err(StoreError::Gone);
        }
        events::append(tx, &[&removal.event], None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::LookFor(self.0.event.id, ())
    }
}

async fn list(
    conn: &mut Connection,
    (registration, limit, offset): (RegistrationId, u32, u32),
) -> Result<Page<Link>, StoreError> {
    let own = links::registration_id.eq(registration.0);
    let total: i64 = links::table.filter(own).count().get_result(conn).await?;
    let rows: Vec<LinkRow> = links::table
        .filter(own)
        .order((links::created_at, links::link_id))
        .limit(limit.into())
        .offset(offset.into())
        .select(LinkRow::as_select())
        .load(conn)
        .await?;
    let items = readable(rows.into_iter().map(LinkRow::read))?;
    Ok(Page { total: total.unsigned_abs(), items })
}

async fn find(
    conn: &mut Connection,
    (registration, id): (RegistrationId, LinkId),
) -> Result<Option<Link>, StoreError> {
    let row: Option<LinkRow> = links::table
        .find(id.0)
        .filter(links::registration_id.eq(registration.0))
        .select(LinkRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(LinkRow::read).transpose()
}

#[async_trait]
impl LinkStore for PgStore {
    async fn insert(&self, new: &NewLink, most: u32) -> Result<Kept, PortError> {
        self.write(Insert { new: new.clone(), most }).await
    }

    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Link>, PortError> {
        let asked = (registration, limit, offset);
        self.read("list_links", View::Newest, asked, |conn, asked| list(conn, *asked).boxed()).await
    }

    async fn find(
        &self,
        registration: RegistrationId,
        id: LinkId,
    ) -> Result<Option<Link>, PortError> {
        let asked = (registration, id);
        self.read("find_link", View::Newest, asked, |conn, asked| find(conn, *asked).boxed()).await
    }

    async fn remove(&self, removal: &LinkRemoval) -> Result<(), PortError> {
        self.write(Remove(removal.clone())).await
    }
}
