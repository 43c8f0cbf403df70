//! The port `ApiKeyStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use registry_domain::api_key::{ApiKey, KeyScope};
use registry_domain::caller::Role;
use registry_domain::id::{ApiKeyId, UserId};
use registry_domain::manifest::Digest;
use registry_domain::ports::{ApiKeyStore, PortError};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, readable, time};
use crate::read::View;
use crate::schema::api_keys;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
struct KeyRow {
    id: Uuid,
    name: String,
    tenant_id: Option<String>,
    roles: Vec<Option<String>>,
    scopes: Vec<Option<String>>,
    digest: String,
    made_by: Uuid,
    created_at: Time,
    expires_at: Time,
    revoked_at: Option<Time>,
}

impl KeyRow {
    fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.0,
            name: key.name.clone(),
            tenant_id: key.tenant.as_ref().map(ToString::to_string),
            roles: key.roles.iter().map(|role| Some(role.as_str().to_owned())).collect(),
            scopes: key.scopes.iter().map(|scope| Some(scope.as_str().to_owned())).collect(),
            digest: key.digest.to_string(),
            made_by: key.made_by.0,
            created_at: time(key.created_at),
            expires_at: time(key.expires_at),
            revoked_at: key.revoked_at.map(time),
        }
    }

    fn read(self) -> Result<ApiKey, StoreError> {
        let place = Place { table: "api_keys", row: self.id };
        let role = |text: &String| place.word("roles", text, Role::parse);
        let scope = |text: &String| place.word("scopes", text, KeyScope::parse);
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            roles: self.roles.iter().flatten().map(role).collect::<Result<_, _>>()?,
            scopes: self.scopes.iter().flatten().map(scope).collect::<Result<_, _>>()?,
            digest: place.word("digest", &self.digest, Digest::parse)?,
            made_by: UserId(self.made_by),
            created_at: self.created_at.to_jiff(),
            expires_at: self.expires_at.to_jiff(),
            revoked_at: self.revoked_at.map(jiff_diesel::Timestamp::to_jiff),
            name: self.name,
        })
    }
}

/// Keeps a new key. Whoever does not hear of it makes another: this one is nobody's then.
struct Insert(KeyRow);

#[async_trait]
impl Write for Insert {
    type Output = ();
    const NAME: &'static str = "insert_api_key";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        diesel::insert_into(api_keys::table).values(&self.0).execute(tx.conn).await?;
        Ok(())
    }
}

/// Ends a key.
struct Revoke {
    id: ApiKeyId,
    at: Timestamp,
}

#[async_trait]
impl Write for Revoke {
    type Output = bool;
    const NAME: &'static str = "revoke_api_key";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let key = || api_keys::table.find(self.id.0);
        diesel::update(key().filter(api_keys::revoked_at.is_null()))
            .set(api_keys::revoked_at.eq(time(self.at)))
            .execute(tx.conn)
            .await?;
        let there: i64 = key().count().get_result(tx.conn).await?;
        Ok(there > 0)
    }

    fn after_loss(&self) -> AfterLoss<bool> {
        AfterLoss::Again
    }
}

async fn find(conn: &mut Connection, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let found = api_keys::table.find(id.0).select(KeyRow::as_select());
    found.first(conn).await.optional()?.map(KeyRow::read).transpose()
}

async fn list(conn: &mut Connection, limit: u32) -> Result<Vec<ApiKey>, StoreError> {
    let rows: Vec<KeyRow> = api_keys::table
        .order((api_keys::created_at.desc(), api_keys::id.desc()))
        .limit(limit.into())
        .select(KeyRow::as_select())
        .load(conn)
        .await?;
    readable(rows.into_iter().map(KeyRow::read))
}

#[async_trait]
impl ApiKeyStore for PgStore {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), PortError> {
        self.write(Insert(KeyRow::of(key))).await
    }

    async fn find_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        self.read("find_api_key", View::Newest, id, |conn, id| find(conn, *id).boxed()).await
    }

    async fn list_keys(&self, limit: u32) -> Result<Vec<ApiKey>, PortError> {
        self.read("list_api_keys", View::Newest, limit, |conn, limit| list(conn, *limit).boxed())
            .await
    }

    async fn revoke_key(&self, id: ApiKeyId, at: Timestamp) -> Result<bool, PortError> {
        self.write(Revoke { id, at }).await
    }
}
