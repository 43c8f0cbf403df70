//! The port `OAuthStore`: its grants, denials and keys are in `oauth/`.

use async_trait::async_trait;
use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::id::TenantId;
use registry_domain::oauth::{
    Consent, Denial, Grant, GrantRotation, OAuthClient, Rotated, SigningKey,
};
use registry_domain::ports::{Kept, OAuthStore, PortError};
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, json_text, time_text};
use crate::schema::{oauth_clients, oauth_consents};
use crate::store::EmbeddedStore;

mod grants;
mod keys;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_clients)]
struct ClientRow {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: String,
    secret_hash: Option<Vec<u8>>,
    created_at: String,
    ends_at: String,
}

impl ClientRow {
    fn of(client: &OAuthClient) -> Result<Self, StoreError> {
        Ok(Self {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            redirect_uris: json_text(&client.redirect_uris)?,
            secret_hash: client.secret_hash.clone(),
            created_at: time_text(client.created_at),
            ends_at: time_text(client.ends_at),
        })
    }

    fn read(self) -> Result<OAuthClient, StoreError> {
        let place = Place { table: "oauth_clients", row: &self.client_id };
        Ok(OAuthClient {
            redirect_uris: place.json("redirect_uris", &self.redirect_uris)?,
            created_at: place.time("created_at", &self.created_at)?,
            ends_at: place.time("ends_at", &self.ends_at)?,
            id: self.client_id,
            name: self.client_name,
            secret_hash: self.secret_hash,
        })
    }
}

fn insert_client(
    conn: &mut SqliteConnection,
    client: &OAuthClient,
    most: u32,
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let living = oauth_clients::table.filter(oauth_clients::ends_at.gt(time_text(now)));
    let there: i64 = living.count().get_result(conn)?;
    if there >= most.into() {
        return Ok(Kept::Full);
    }
    diesel::insert_into(oauth_clients::table).values(ClientRow::of(client)?).execute(conn)?;
    Ok(Kept::Kept)
}

fn remember(conn: &mut SqliteConnection, consent: &Consent) -> Result<(), StoreError> {
    diesel::replace_into(oauth_consents::table)
        .values((
            oauth_consents::consent_key.eq(&consent.key),
            oauth_consents::client_id.eq(&consent.client),
            oauth_consents::subject.eq(&consent.subject),
            oauth_consents::tenant_id.eq(consent.tenant.as_ref().map(TenantId::as_str)),
            oauth_consents::created_at.eq(time_text(consent.created_at)),
            oauth_consents::ends_at.eq(time_text(consent.ends_at)),
        ))
        .execute(conn)?;
    Ok(())
}

#[async_trait]
impl OAuthStore for EmbeddedStore {
    async fn insert_client(&self, client: &OAuthClient, most: u32) -> Result<Kept, PortError> {
        let (client, now) = (client.clone(), self.clock.now());
        self.write("insert_oauth_client", move |conn| insert_client(conn, &client, most, now)).await
    }

    async fn find_client(&self, id: &str) -> Result<Option<OAuthClient>, PortError> {
        let (id, now) = (id.to_owned(), time_text(self.clock.now()));
        self.read("find_oauth_client", move |conn| {
            let row: Option<ClientRow> = oauth_clients::table
                .find(id)
                .filter(oauth_clients::ends_at.gt(now))
                .select(ClientRow::as_select())
                .first(conn)
                .optional()?;
            row.map(ClientRow::read).transpose()
        })
        .await
    }

    async fn remember_consent(&self, consent: &Consent) -> Result<(), PortError> {
        let consent = consent.clone();
        self.write("remember_consent", move |conn| remember(conn, &consent)).await
    }

    async fn has_consent(&self, key: &str) -> Result<bool, PortError> {
        let (key, now) = (key.to_owned(), time_text(self.clock.now()));
        self.read("find_consent", move |conn| {
            let living = oauth_consents::table.find(key).filter(oauth_consents::ends_at.gt(now));
            Ok(diesel::select(diesel::dsl::exists(living)).get_result(conn)?)
        })
        .await
    }

    async fn insert_grant(&self, grant: &Grant, most: u32) -> Result<(), PortError> {
        let grant = grant.clone();
        self.write("insert_grant", move |conn| grants::insert(conn, &grant, most)).await
    }

    async fn find_grant(&self, id: Uuid) -> Result<Option<Grant>, PortError> {
        let now = self.clock.now();
        self.read("find_grant", move |conn| grants::find(conn, id, now)).await
    }

    async fn rotate_grant(&self, rotation: &GrantRotation) -> Result<Rotated, PortError> {
        let (rotation, now) = (rotation.clone(), self.clock.now());
        self.write("rotate_grant", move |conn| grants::rotate(conn, &rotation, now)).await
    }

    async fn end_grant(&self, denial: &Denial) -> Result<(), PortError> {
        let denial = denial.clone();
        self.write("end_grant", move |conn| grants::end(conn, &denial)).await
    }

    async fn deny(&self, denial: &Denial) -> Result<(), PortError> {
        let denial = denial.clone();
        self.write("deny_token", move |conn| keys::deny(conn, &denial)).await
    }

    async fn denied_since(&self, since: Timestamp) -> Result<Vec<Denial>, PortError> {
        let now = self.clock.now();
        self.read("list_denials", move |conn| keys::denied_since(conn, since, now)).await
    }

    async fn insert_key(&self, key: &SigningKey) -> Result<bool, PortError> {
        let key = key.clone();
        self.write("insert_signing_key", move |conn| keys::insert(conn, &key)).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>, PortError> {
        self.read("list_signing_keys", keys::list).await
    }

    async fn sweep(&self) -> Result<(), PortError> {
        let now = time_text(self.clock.now());
        self.write("sweep_oauth", move |conn| keys::sweep(conn, &now)).await
    }
}
