//! The port `ApiKeyStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::api_key::{ApiKey, KeyScope};
use registry_domain::caller::Role;
use registry_domain::id::{ApiKeyId, UserId};
use registry_domain::manifest::Digest;
use registry_domain::ports::{ApiKeyStore, PortError};

use crate::error::StoreError;
use crate::place::{Place, json_text, readable, time_text};
use crate::schema::api_keys;
use crate::store::EmbeddedStore;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
struct KeyRow {
    id: String,
    name: String,
    tenant_id: Option<String>,
    roles: String,
    scopes: String,
    digest: String,
    made_by: String,
    created_at: String,
    expires_at: String,
    revoked_at: Option<String>,
}

impl KeyRow {
    fn of(key: &ApiKey) -> Result<Self, StoreError> {
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        Ok(Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            tenant_id: key.tenant.as_ref().map(ToString::to_string),
            roles: json_text(&key.roles)?,
            scopes: json_text(&scopes)?,
            digest: key.digest.to_string(),
            made_by: key.made_by.to_string(),
            created_at: time_text(key.created_at),
            expires_at: time_text(key.expires_at),
            revoked_at: key.revoked_at.map(time_text),
        })
    }

    fn read(self) -> Result<ApiKey, StoreError> {
        let place = Place { table: "api_keys", row: &self.id };
        let roles: Vec<Role> = place.json("roles", &self.roles)?;
        let scopes: Vec<String> = place.json("scopes", &self.scopes)?;
        let scope = |text: &String| place.word("scopes", text, KeyScope::parse);
        Ok(ApiKey {
            id: ApiKeyId(place.uuid("id", &self.id)?),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            roles,
            scopes: scopes.iter().map(scope).collect::<Result<_, _>>()?,
            digest: place.word("digest", &self.digest, Digest::parse)?,
            made_by: UserId(place.uuid("made_by", &self.made_by)?),
            created_at: place.time("created_at", &self.created_at)?,
            expires_at: place.time("expires_at", &self.expires_at)?,
            revoked_at: self.revoked_at.map(|at| place.time("revoked_at", &at)).transpose()?,
            name: self.name,
        })
    }
}

#[async_trait]
impl ApiKeyStore for EmbeddedStore {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), PortError> {
        let key = key.clone();
        self.write("insert_api_key", move |conn| {
            diesel::insert_into(api_keys::table).values(KeyRow::of(&key)?).execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn find_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        self.read("find_api_key", move |conn| {
            let found = api_keys::table.find(id.to_string()).select(KeyRow::as_select());
            found.first(conn).optional()?.map(KeyRow::read).transpose()
        })
        .await
    }

    async fn list_keys(&self, limit: u32) -> Result<Vec<ApiKey>, PortError> {
        self.read("list_api_keys", move |conn| {
            let rows: Vec<KeyRow> = api_keys::table
                .order((api_keys::created_at.desc(), api_keys::id.desc()))
                .limit(limit.into())
                .select(KeyRow::as_select())
                .load(conn)?;
            readable(rows.into_iter().map(KeyRow::read))
        })
        .await
    }

    async fn revoke_key(&self, id: ApiKeyId, at: Timestamp) -> Result<bool, PortError> {
        self.write("revoke_api_key", move |conn| {
            let key = || api_keys::table.find(id.to_string());
            diesel::update(key().filter(api_keys::revoked_at.is_null()))
                .set(api_keys::revoked_at.eq(time_text(at)))
                .execute(conn)?;
            let there: i64 = key().count().get_result(conn)?;
            Ok(there > 0)
        })
        .await
    }
}
