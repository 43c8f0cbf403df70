//! What an authorization server keeps.

use libtest_mimic::Failed;
use registry_domain::oauth::{
    CALL_SCOPE, Consent, Denial, Grant, GrantRotation, OAuthClient, Rotated, SigningKey,
};
use registry_domain::ports::OAuthStore as _;
use uuid::Uuid;

use crate::scene::{Scene, id, minute, steps};

steps! {
    insert_client fetches 0 by []
    find_client fetches 2 by ["oauth_clients_pkey"]
    remember_consent fetches 2 by []
    find_consent fetches 2 by ["oauth_consents_pkey"]
    insert_grant fetches 20 by ["idx_oauth_grants_subject_created_at" "oauth_clients_pkey"]
    find_grant fetches 2 by ["oauth_grants_pkey"]
    rotate_grant fetches 10 by ["oauth_grants_pkey" "oauth_clients_pkey"]
    end_grant fetches 4 by ["oauth_grants_pkey"]
    list_denials fetches 200 by ["idx_oauth_denials_since"]
    insert_key fetches 0 by []
}

/// The row of a number, in a table of the fill.
fn numbered(kind: char, number: u64) -> Result<Uuid, Failed> {
    Ok(format!("{kind}0000000-0000-7000-8000-{number:012x}").parse()?)
}

async fn insert_client(scene: &Scene, _: u64) -> Result<(), Failed> {
    let client = OAuthClient {
        id: id().to_string(),
        name: None,
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        secret_hash: None,
        created_at: minute(1),
        ends_at: minute(10_000_000),
    };
    scene.store.insert_client(&client, 1_000_000).await?;
    Ok(())
}

async fn find_client(scene: &Scene, round: u64) -> Result<(), Failed> {
    assert!(scene.store.find_client(&format!("client-{}", 100 + round)).await?.is_some());
    Ok(())
}

async fn remember_consent(scene: &Scene, round: u64) -> Result<(), Failed> {
    let consent = Consent {
        key: format!("{:064x}", 100 + round),
        client: "client-1".to_owned(),
        subject: "oid-1".to_owned(),
        tenant: None,
        created_at: minute(1),
        ends_at: minute(10_000_000),
    };
    scene.store.remember_consent(&consent).await?;
    Ok(())
}

async fn find_consent(scene: &Scene, round: u64) -> Result<(), Failed> {
    assert!(scene.store.has_consent(&format!("{:064x}", 200 + round)).await?);
    Ok(())
}

async fn insert_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    let grant = Grant {
        id: id(),
        client: format!("client-{}", 300 + round),
        subject: format!("oid-{}", 300 + round),
        tenant: None,
        resource: String::new(),
        scopes: vec![CALL_SCOPE.to_owned()],
        serial: 1,
        sealed: vec![0],
        created_at: minute(200_000),
        ends_at: minute(20_000_000),
    };
    scene.store.insert_grant(&grant, 4).await?;
    Ok(())
}

async fn find_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    assert!(scene.store.find_grant(numbered('a', 400 + round)?).await?.is_some());
    Ok(())
}

async fn rotate_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    let rotation = GrantRotation {
        grant: numbered('a', 500 + round)?,
        expected: 1,
        sealed: vec![1],
        ends_at: minute(20_000_000),
    };
    assert_eq!(scene.store.rotate_grant(&rotation).await?, Rotated::To(2));
    Ok(())
}

async fn end_grant(scene: &Scene, round: u64) -> Result<(), Failed> {
    let what = numbered('a', 600 + round)?;
    scene.store.end_grant(&Denial { what, since: minute(1), ends_at: minute(10_000_000) }).await?;
    Ok(())
}

async fn list_denials(scene: &Scene, _: u64) -> Result<(), Failed> {
    assert!(!scene.store.denied_since(minute(99_990)).await?.is_empty());
    Ok(())
}

async fn insert_key(scene: &Scene, round: u64) -> Result<(), Failed> {
    let key = SigningKey {
        generation: i64::try_from(round)? + 1,
        kid: round.to_string(),
        sealed: vec![0],
        signs_from: minute(1),
        ends_at: minute(10_000_000),
    };
    assert!(scene.store.insert_key(&key).await?);
    assert!(!scene.store.insert_key(&key).await?);
    Ok(())
}
