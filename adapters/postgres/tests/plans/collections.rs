//! Collections by id and by slug.

use libtest_mimic::Failed;
use registry_domain::collection::{CollectionContent, CollectionDraft};
use registry_domain::id::{CollectionId, UserId};
use registry_domain::ports::{CollectionStore as _, Kept, PortError};
use uuid::Uuid;

use crate::scene::{Scene, steps};

steps! {
    find_collection fetches 2 by ["collections_pkey"]
    replace_collection fetches 4 by ["collections_pkey"]
    take_a_slug_that_is_taken fetches 6 by ["idx_collections_slug_tenant_id"]
}

fn collection(number: u64) -> CollectionId {
    CollectionId(Uuid::from_u128(0xc000_0000_0000_4000_8000_0000_0000_0000 | decimal(number)))
}

/// The number in decimal digits, read as hexadecimal ones.
fn decimal(number: u64) -> u128 {
    u128::from_str_radix(&number.to_string(), 16).unwrap_or_default()
}

async fn find_collection(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.store.find_collection(collection(1000 + round)).await?;
    assert!(found.is_some());
    Ok(())
}

/// Gives a collection a slug.
async fn renamed(scene: &Scene, number: u64, slug: String) -> Result<Kept, PortError> {
    let found = scene.store.find_collection(collection(number)).await?;
    let found = found.ok_or(PortError::NotFound)?;
    let draft = CollectionDraft {
        slug,
        name: "Renamed".to_owned(),
        description: None,
        instructions: None,
        members: vec![],
    };
    let content = CollectionContent::check(draft).map_err(|_| PortError::NotFound)?;
    let change = found.replaced(content, UserId(Uuid::nil()), scene.stamp());
    scene.store.commit_collection(&change, 0).await
}

async fn replace_collection(scene: &Scene, round: u64) -> Result<(), Failed> {
    renamed(scene, 2000 + round, format!("renamed-{round}")).await?;
    Ok(())
}

async fn take_a_slug_that_is_taken(scene: &Scene, round: u64) -> Result<(), Failed> {
    let refused = renamed(scene, 3000 + round, format!("collection-{}", 4000 + round)).await;
    assert!(matches!(refused, Err(PortError::AlreadyExists { key: "slug", .. })), "{refused:?}");
    Ok(())
}
