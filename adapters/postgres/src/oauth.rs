//! The port `OAuthStore`: its grants, denials and keys are in `oauth/`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use registry_domain::id::TenantId;
use registry_domain::oauth::{
    Consent, Denial, Grant, GrantRotation, OAuthClient, Rotated, SigningKey,
};
use registry_domain::ports::{Kept, OAuthStore, PortError};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, json_value, time, without_nul};
use crate::read::View;
use crate::schema::{oauth_clients, oauth_consents};
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

mod grants;
mod keys;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_clients)]
struct ClientRow {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Value,
    secret_hash: Option<Vec<u8>>,
    created_at: Time,
    ends_at: Time,
}

impl ClientRow {
    fn of(client: &OAuthClient) -> Result<Self, StoreError> {
        Ok(Self {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            redirect_uris: json_value(&client.redirect_uris)?,
            secret_hash: client.secret_hash.clone(),
            created_at: time(client.created_at),
            ends_at: time(client.ends_at),
        })
    }

    fn read(self) -> Result<OAuthClient, StoreError> {
        let place = Place { table: "oauth_clients", row: Uuid::nil() };
        Ok(OAuthClient {
            redirect_uris: place.json("redirect_uris", self.redirect_uris)?,
            created_at: self.created_at.to_jiff(),
            ends_at: self.ends_at.to_jiff(),
            id: self.client_id,
            name: self.client_name,
            secret_hash: self.secret_hash,
        })
    }
}

/// Keeps a client that registered itself. Under load several may pass the bound at the same moment:
/// it is there to keep the table small, not to count clients.
struct InsertClient {
    client: OAuthClient,
    most: u32,
    now: Timestamp,
}

#[async_trait]
impl Write for InsertClient {
    type Output = Kept;
    const NAME: &'static str = "insert_oauth_client";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, StoreError> {
        let living = oauth_clients::table.filter(oauth_clients::ends_at.gt(time(self.now)));
        let there: i64 = living.count().get_result(tx.conn).await?;
        if there >= self.most.into() {
            return Ok(Kept::Full);
        }
        // Done again after a lost answer, it is there already.
        diesel::insert_into(oauth_clients::table)
            .values(ClientRow::of(&self.client)?)
            .on_conflict_do_nothing()
            .execute(tx.conn)
            .await?;
        Ok(Kept::Kept)
    }

    fn after_loss(&self) -> AfterLoss<Kept> {
        AfterLoss::Again
    }
}

struct Remember(Consent);

#[async_trait]
impl Write for Remember {
    type Output = ();
    const NAME: &'static str = "remember_consent";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(consent) = self;
        let tenant = consent.tenant.as_ref().map(TenantId::as_str);
        let row = (
            oauth_consents::consent_key.eq(&consent.key),
            oauth_consents::client_id.eq(&consent.client),
            oauth_consents::subject.eq(without_nul(&consent.subject)),
            oauth_consents::tenant_id.eq(tenant),
            oauth_consents::created_at.eq(time(consent.created_at)),
            oauth_consents::ends_at.eq(time(consent.ends_at)),
        );
        diesel::insert_into(oauth_consents::table)
            .values(row.clone())
            .on_conflict(oauth_consents::consent_key)
            .do_update()
            .set(row)
            .execute(tx.conn)
            .await?;
        Ok(())
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}

async fn find_client(
    conn: &mut Connection,
    (id, now): &(String, Timestamp),
) -> Result<Option<OAuthClient>, StoreError> {
    let row: Option<ClientRow> = oauth_clients::table
        .find(id)
        .filter(oauth_clients::ends_at.gt(time(*now)))
        .select(ClientRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(ClientRow::read).transpose()
}

async fn has_consent(
    conn: &mut Connection,
    (key, now): &(String, Timestamp),
) -> Result<bool, StoreError> {
    let living = oauth_consents::table.find(key).filter(oauth_consents::ends_at.gt(time(*now)));
    Ok(diesel::select(diesel::dsl::exists(living)).get_result(conn).await?)
}

#[async_trait]
impl OAuthStore for PgStore {
    async fn insert_client(&self, client: &OAuthClient, most: u32) -> Result<Kept, PortError> {
        self.write(InsertClient { client: client.clone(), most, now: self.clock.now() }).await
    }

    async fn find_client(&self, id: &str) -> Result<Option<OAuthClient>, PortError> {
        // What has a NUL is nobody's id, and no statement could carry it.
        let asked = (without_nul(id).into_owned(), self.clock.now());
        self.read("find_oauth_client", View::Newest, asked, |conn, asked| {
            find_client(conn, asked).boxed()
        })
        .await
    }

    async fn remember_consent(&self, consent: &Consent) -> Result<(), PortError> {
        self.write(Remember(consent.clone())).await
    }

    async fn has_consent(&self, key: &str) -> Result<bool, PortError> {
        let asked = (key.to_owned(), self.clock.now());
        self.read("find_consent", View::Newest, asked, |conn, asked| {
            has_consent(conn, asked).boxed()
        })
        .await
    }

    async fn insert_grant(&self, grant: &Grant, most: u32) -> Result<(), PortError> {
        self.write(grants::Insert { grant: grant.clone(), most }).await
    }

    async fn find_grant(&self, id: Uuid) -> Result<Option<Grant>, PortError> {
        let asked = (id, self.clock.now());
        self.read("find_grant", View::Newest, asked, |conn, asked| {
            grants::find(conn, asked).boxed()
        })
        .await
    }

    async fn rotate_grant(&self, rotation: &GrantRotation) -> Result<Rotated, PortError> {
        self.write(grants::Rotate { rotation: rotation.clone(), now: self.clock.now() }).await
    }

    async fn end_grant(&self, denial: &Denial) -> Result<(), PortError> {
        self.write(grants::End(denial.clone())).await
    }

    async fn deny(&self, denial: &Denial) -> Result<(), PortError> {
        self.write(keys::Deny(denial.clone())).await
    }

    async fn denied_since(&self, since: Timestamp) -> Result<Vec<Denial>, PortError> {
        let asked = (since, self.clock.now());
        self.read("list_denials", View::Newest, asked, |conn, asked| {
            keys::denied_since(conn, asked).boxed()
        })
        .await
    }

    async fn insert_key(&self, key: &SigningKey) -> Result<bool, PortError> {
        self.write(keys::Insert(key.clone())).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, PortError> {
        self.read("list_signing_keys", View::Newest, (), |conn, ()| keys::list(conn).boxed()).await
    }

    async fn sweep(&self) -> Result<(), PortError> {
        self.write(keys::Sweep(self.clock.now())).await
    }
}
