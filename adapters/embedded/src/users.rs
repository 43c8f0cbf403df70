//! The port `UserStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::id::UserId;
use registry_domain::ports::{Ensured, PortError, UserStore};
use registry_domain::user::{AdminSource, Identity, User};

use crate::error::StoreError;
use crate::place::{Place, time_text};
use crate::schema::users;
use crate::store::EmbeddedStore;

const MANUAL: &str = "manual";
const GROUP: &str = "group";

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users, primary_key(user_id), treat_none_as_null = true)]
struct UserRow {
    user_id: String,
    entra_id: String,
    email: String,
    display_name: Option<String>,
    is_admin: bool,
    created_at: String,
    updated_at: String,
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
            user_id: user.id.to_string(),
            entra_id: user.subject.clone(),
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            is_admin: user.is_admin,
            created_at: time_text(user.created_at),
            updated_at: time_text(user.updated_at),
            tenant_id: user.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            admin_source: admin_source.to_owned(),
        }
    }

    fn read(self) -> Result<User, StoreError> {
        let place = Place { table: "users", row: &self.user_id };
        Ok(User {
            id: UserId(place.uuid("user_id", &self.user_id)?),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            is_admin: self.is_admin,
            admin_source: place.word("admin_source", &self.admin_source, admin_source)?,
            created_at: place.time("created_at", &self.created_at)?,
            updated_at: place.time("updated_at", &self.updated_at)?,
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

fn administrators(
    conn: &mut SqliteConnection,
    most: i64,
) -> Result<Vec<(String, AdminSource)>, StoreError> {
    let rows: Vec<(String, String, String)> = users::table
        .filter(users::is_admin)
        .order(users::entra_id)
        .limit(most)
        .select((users::user_id, users::entra_id, users::admin_source))
        .load(conn)?;
    rows.into_iter()
        .map(|(row, subject, source)| {
            let place = Place { table: "users", row: &row };
            Ok((subject, place.word("admin_source", &source, admin_source)?))
        })
        .collect()
}

fn find_by_subject(conn: &mut SqliteConnection, subject: &str) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = users::table
        .filter(users::entra_id.eq(subject))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?;
    row.map(UserRow::read).transpose()
}

fn ensure(
    conn: &mut SqliteConnection,
    identity: &Identity,
    new_id: UserId,
    now: Timestamp,
) -> Result<Ensured, StoreError> {
    let Some(stored) = find_by_subject(conn, &identity.subject)? else {
        let user = User::first_seen(new_id, identity, now);
        diesel::insert_into(users::table).values(UserRow::of(&user)).execute(conn)?;
        return Ok(Ensured::Created(user));
    };
    let Some(next) = stored.synced_with(identity, now) else {
        return Ok(Ensured::Same(stored));
    };
    diesel::update(users::table.find(next.id.to_string())).set(UserRow::of(&next)).execute(conn)?;
    Ok(Ensured::Changed(next))
}

#[async_trait]
impl UserStore for EmbeddedStore {
    async fn ensure_user(&self, identity: &Identity, new_id: UserId) -> Result<Ensured, PortError> {
        let (seen, now) = (identity.clone(), self.clock.now());
        // Nearly every time the row says so already: that needs no write lock.
        let same = self
            .read("find_user_by_subject", move |conn| {
                let stored = find_by_subject(conn, &seen.subject)?;
                Ok(stored.filter(|stored| stored.synced_with(&seen, now).is_none()))
            })
            .await?;
        if let Some(user) = same {
            return Ok(Ensured::Same(user));
        }
        let seen = identity.clone();
        self.write("ensure_user", move |conn| ensure(conn, &seen, new_id, now)).await
    }

    async fn administrators(&self, most: u32) -> Result<Vec<(String, AdminSource)>, PortError> {
        let most = i64::from(most);
        self.read("list_administrators", move |conn| administrators(conn, most)).await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, PortError> {
        self.read("find_user", move |conn| {
            let row: Option<UserRow> = users::table
                .find(id.to_string())
                .select(UserRow::as_select())
                .first(conn)
                .optional()?;
            row.map(UserRow::read).transpose()
        })
        .await
    }
}
