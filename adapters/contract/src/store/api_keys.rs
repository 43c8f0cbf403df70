//! API keys.

use std::time::Duration;

use registry_domain::api_key::{ApiKey, KeyScope};
use registry_domain::caller::Role;
use registry_domain::id::{ApiKeyId, UserId};
use registry_domain::manifest::Digest;
use registry_domain::ports::Clock as _;

use crate::world::{World, tenant};
use crate::{Failed, Outcome};

pub(super) fn key(world: &World, name: &str) -> Result<ApiKey, Failed> {
    let now = world.stamp().at;
    Ok(ApiKey {
        id: ApiKeyId(world.uuid()),
        name: name.to_owned(),
        tenant: Some(tenant("contoso")?),
        roles: vec![Role::User, Role::ServerOwner],
        scopes: vec![KeyScope::Mcp, KeyScope::Api],
        digest: Digest::of_bytes(name.as_bytes()),
        made_by: UserId(world.uuid()),
        created_at: now,
        expires_at: now.checked_add(Duration::from_hours(1))?,
        revoked_at: None,
    })
}

pub(crate) async fn a_key_reads_back_whole_and_keys_are_listed_the_newest_first(
    world: &World,
) -> Outcome {
    let keys = world.ports().api_keys;
    let full = key(world, "é, \"quoted\"")?;
    let bare = ApiKey { tenant: None, roles: vec![], ..key(world, "bare")? };
    keys.insert_key(&full).await?;
    keys.insert_key(&bare).await?;
    assert_eq!(keys.find_key(full.id).await?.as_ref(), Some(&full));
    assert_eq!(keys.find_key(ApiKeyId(world.uuid())).await?, None);
    assert_eq!(keys.list_keys(10).await?, [bare.clone(), full]);
    assert_eq!(keys.list_keys(1).await?, [bare]);
    Ok(())
}

pub(crate) async fn a_key_is_revoked_once_and_for_ever(world: &World) -> Outcome {
    let keys = world.ports().api_keys;
    let (one, other) = (key(world, "one")?, key(world, "other")?);
    keys.insert_key(&one).await?;
    keys.insert_key(&other).await?;
    let first = world.clock.now();
    assert!(keys.revoke_key(one.id, first).await?);
    assert!(keys.revoke_key(one.id, world.clock.advance(Duration::from_secs(1))).await?);
    let found = keys.find_key(one.id).await?.ok_or("it is listed still")?;
    assert_eq!(found, ApiKey { revoked_at: Some(first), ..one });
    assert_eq!(keys.find_key(other.id).await?, Some(other));
    assert!(!keys.revoke_key(ApiKeyId(world.uuid()), first).await?);
    Ok(())
}
