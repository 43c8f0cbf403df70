//! The port `UserStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use registry_domain::id::UserId;
use registry_domain::ports::{Ensured, PortError, UserStore};
use registry_domain::user::{AdminSource, Identity, User};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, time, without_nul};
use crate::read::View;
use crate::schema::users;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

const MANUAL: &str = "manual";
const GROUP: &str = "group";

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users, primary_key(user_id), treat_none_as_null = true)]
struct UserRow {
    user_id: Uuid,
    entra_id: String,
    email: String,
    display_name: Option<String>,
    is_admin: bool,
    created_at: Time,
    updated_at: Time,
    tenant_id: Option<String>,
    admin_source: String,
}

impl UserRow {
    fn of(user: &User) -> Self {
        let admin_source = match user.admin_source {
            AdminSource::Manual => MANUAL,
            AdminSource::Group => GROUP,
        };
        Self {
            user_id: user.id.0,
            entra_id: user.subject.clone(),
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            is_admin: user.is_admin,
            created_at: time(user.created_at),
            updated_at: time(user.updated_at),
            tenant_id: user.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            admin_source: admin_source.to_owned(),
        }
    }

    fn read(self) -> Result<User, StoreError> {
        let place = Place { table: "users", row: self.user_id };
        Ok(User {
            id: UserId(self.user_id),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            is_admin: self.is_admin,
            admin_source: place.word("admin_source", &self.admin_source, admin_source)?,
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
            subject: self.entra_id,
            email: self.email,
            display_name: self.display_name,
        })
    }
}

fn admin_source(text: &str) -> Option<AdminSource> {
    match text {
        MANUAL => Some(AdminSource::Manual),
        GROUP => Some(AdminSource::Group),
        _ => None,
    }
}

/// Makes or updates a person's row.
struct EnsureUser {
    identity: Identity,
    new_id: UserId,
    now: Timestamp,
}

#[async_trait]
impl Write for EnsureUser {
    type Output = Ensured;
    const NAME: &'static str = "ensure_user";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Ensured, StoreError> {
        let Self { identity, new_id, now } = self;
        let user = User::first_seen(*new_id, identity, *now);
        // Of many at once one inserts, and the others wait here until its row is to be seen.
        let made = diesel::insert_into(users::table)
            .values(UserRow::of(&user))
            .on_conflict(users::entra_id)
            .do_nothing()
            .execute(tx.conn)
            .await?;
        if made > 0 {
            return Ok(Ensured::Created(user));
        }
        let stored: UserRow = users::table
            .filter(users::entra_id.eq(&identity.subject))
            .select(UserRow::as_select())
            .for_update()
            .first(tx.conn)
            .await?;
        let stored = stored.read()?;
        let Some(next) = stored.synced_with(identity, *now) else {
            return Ok(Ensured::Same(stored));
        };
        diesel::update(users::table.find(next.id.0))
            .set(UserRow::of(&next))
            .execute(tx.conn)
            .await?;
        Ok(Ensured::Changed(next))
    }

    fn after_loss(&self) -> AfterLoss<Ensured> {
        AfterLoss::Again
    }
}

/// An identity in texts that can be stored: what an identity provider says, we do not choose.
fn storable(identity: &Identity) -> Identity {
    let text = |text: &String| without_nul(text).into_owned();
    Identity {
        subject: text(&identity.subject),
        email: identity.email.as_ref().map(text),
        display_name: identity.display_name.as_ref().map(text),
        ..identity.clone()
    }
}

async fn find_by_subject(conn: &mut Connection, subject: &str) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = users::table
        .filter(users::entra_id.eq(subject))
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(UserRow::read).transpose()
}

async fn find(conn: &mut Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> =
        users::table.find(id.0).select(UserRow::as_select()).first(conn).await.optional()?;
    row.map(UserRow::read).transpose()
}

async fn administrators(
    conn: &mut Connection,
    most: i64,
) -> Result<Vec<(String, AdminSource)>, StoreError> {
    let rows: Vec<(Uuid, String, String)> = users::table
        .filter(users::is_admin)
        .order(users::entra_id)
        .limit(most)
        .select((users::user_id, users::entra_id, users::admin_source))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(row, subject, source)| {
            let place = Place { table: "users", row };
            Ok((subject, place.word("admin_source", &source, admin_source)?))
        })
        .collect()
}

#[async_trait]
impl UserStore for PgStore {
    async fn ensure_user(&self, identity: &Identity, new_id: UserId) -> Result<Ensured, PortError> {
        let (identity, now) = (storable(identity), self.clock.now());
        // Nearly every time the row says so already: that needs no transaction.
        let subject = identity.subject.clone();
        let stored = self
            .read("find_user_by_subject", View::Newest, subject, |conn, subject| {
                find_by_subject(conn, subject).boxed()
            })
            .await?;
        match stored {
            Some(user) if user.synced_with(&identity, now).is_none() => Ok(Ensured::Same(user)),
            _ => self.write(EnsureUser { identity, new_id, now }).await,
        }
    }

    async fn administrators(&self, most: u32) -> Result<Vec<(String, AdminSource)>, PortError> {
        let most = i64::from(most);
        self.read("list_administrators", View::Newest, most, |conn, most| {
            administrators(conn, *most).boxed()
        })
        .await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, PortError> {
        self.read("find_user", View::Newest, id, |conn, id| find(conn, *id).boxed()).await
    }
}
