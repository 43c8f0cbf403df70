//! People and sessions.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Failed;
use registry_domain::id::UserId;
use registry_domain::ports::{Ensured, SessionStore as _, UserStore as _};
use registry_domain::user::Identity;
use registry_postgres::PgSessions;

use crate::scene::{Scene, id, steps, user};

steps! {
    ensure_known_user fetches 0 by ["idx_users_entra_id"]
    ensure_changed_user fetches 0 by ["idx_users_entra_id" "users_pkey"]
    ensure_new_user fetches 0 by ["idx_users_entra_id"]
    find_user fetches 0 by ["users_pkey"]
    list_administrators fetches 10 by ["idx_users_administrators"]
    put_session fetches 200 by ["sessions_pkey" "idx_sessions_ends_at"]
    find_session fetches 2 by ["sessions_pkey"]
    take_session fetches 2 by ["sessions_pkey"]
}

fn identity(number: u64, display_name: &str) -> Identity {
    Identity {
        subject: format!("oid-{number}"),
        tenant: None,
        email: Some(format!("user-{number}@example.com")),
        display_name: Some(display_name.to_owned()),
        in_admin_group: None,
    }
}

async fn ensure_known_user(scene: &Scene, round: u64) -> Result<(), Failed> {
    let number = 100 + round;
    let ensured =
        scene.store.ensure_user(&identity(number, &format!("User {number}")), UserId(id())).await?;
    assert!(matches!(ensured, Ensured::Same(_)));
    Ok(())
}

async fn ensure_changed_user(scene: &Scene, round: u64) -> Result<(), Failed> {
    let ensured = scene.store.ensure_user(&identity(100 + round, "Renamed"), UserId(id())).await?;
    assert!(matches!(ensured, Ensured::Changed(_)));
    Ok(())
}

async fn ensure_new_user(scene: &Scene, round: u64) -> Result<(), Failed> {
    let ensured = scene.store.ensure_user(&identity(2000 + round, "New"), UserId(id())).await?;
    assert!(matches!(ensured, Ensured::Created(_)));
    Ok(())
}

async fn find_user(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.store.find(user(10 + round)).await?;
    assert!(found.is_some());
    Ok(())
}

async fn list_administrators(scene: &Scene, _round: u64) -> Result<(), Failed> {
    scene.store.administrators(10_000).await?;
    Ok(())
}

fn sessions(scene: &Scene) -> PgSessions {
    PgSessions::new(Arc::clone(&scene.store), 1_000_000)
}

async fn put_session(scene: &Scene, round: u64) -> Result<(), Failed> {
    let sessions = sessions(scene);
    // The first one drops what has ended and counts the rest; the second one does not.
    for key in [format!("new-{round}"), format!("session-{}", 1000 + round)] {
        sessions.put(&key, "value".into(), Duration::from_mins(1)).await?;
    }
    Ok(())
}

async fn find_session(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = sessions(scene).find(&format!("session-{}", 2000 + round)).await?;
    assert!(found.is_some());
    Ok(())
}

async fn take_session(scene: &Scene, round: u64) -> Result<(), Failed> {
    let taken = sessions(scene).take(&format!("session-{}", 3000 + round)).await?;
    assert!(taken.is_some());
    Ok(())
}
