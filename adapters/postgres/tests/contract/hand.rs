//! What an operator does by hand, in SQL.

use libtest_mimic::Failed;
use registry_domain::id::{Revision, UserId};
use registry_domain::ports::{
    RegistrationQuery, RegistrationStore, ServerCatalog as _, UserStore as _,
};
use registry_domain::user::{AdminSource, User};
use registry_postgres::PgStore;

use crate::cluster::Database;
use crate::support::{id, identity, open, person};

pub(crate) async fn a_registration_made_by_hand_can_be_found() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    person(&store, "ada").await?;
    let client = database.connect().await?;
    client
        .batch_execute(
            "INSERT INTO registrations (endpoint_url, endpoint_name, owner_contact, submitter_id)
             SELECT 'https://a.example.com/mcp/', 'By Hand', 'Ops', user_id FROM users",
        )
        .await?;
    let found = async |text: &str| {
        let search = Some(text.to_owned());
        let query = RegistrationQuery { search, limit: 10, ..Default::default() };
        Ok::<_, Failed>(RegistrationStore::list(store.as_ref(), &query).await?.total)
    };
    assert_eq!(found("by hand").await?, 1);
    assert_eq!(found("OPS").await?, 1);
    let by_key = store.find_by_url("x", Some("https://a.example.com/mcp")).await?;
    assert!(by_key.is_some());

    client.batch_execute("UPDATE registrations SET endpoint_name = 'Renamed'").await?;
    let moved = "UPDATE registrations SET endpoint_url = 'https://b.example.com/'";
    client.batch_execute(moved).await?;
    assert_eq!((found("by hand").await?, found("renamed").await?), (0, 1));
    let by_key = store.find_by_url("x", Some("https://b.example.com")).await?;
    let registration = by_key.ok_or("not found by its new address")?.registration;
    assert_eq!(registration.revision, Revision(3));
    assert!(registration.updated_at > registration.created_at);
    Ok(())
}

async fn seen(store: &PgStore, in_group: Option<bool>) -> Result<(bool, AdminSource), Failed> {
    let User { is_admin, admin_source, .. } =
        store.ensure_user(&identity("ada", in_group), UserId(id())).await?.into_user();
    Ok((is_admin, admin_source))
}

pub(crate) async fn an_administrator_by_hand_is_told_from_the_group() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    let client = database.connect().await?;
    let (manual, group) = (AdminSource::Manual, AdminSource::Group);
    assert_eq!(seen(&store, Some(true)).await?, (true, group));
    // Naming is_admin makes it a person's doing, even where the value is the same.
    client.batch_execute("UPDATE users SET is_admin = TRUE").await?;
    assert_eq!(seen(&store, Some(false)).await?, (true, manual));
    // Unless admin_source is named too, whatever it was.
    for _ in 0..2 {
        client.batch_execute("UPDATE users SET is_admin = TRUE, admin_source = 'group'").await?;
        assert_eq!(seen(&store, None).await?, (true, group));
    }
    // Naming only other columns changes nothing, and neither does the product's own write.
    client.batch_execute("UPDATE users SET email = 'countess@example.com'").await?;
    assert_eq!(seen(&store, Some(true)).await?, (true, group));
    // One statement after the other in one transaction: each stands for itself.
    client
        .batch_execute(
            "BEGIN; UPDATE users SET admin_source = 'group'; COMMIT;
             BEGIN; UPDATE users SET is_admin = FALSE; COMMIT",
        )
        .await?;
    assert_eq!(seen(&store, None).await?, (false, manual));
    Ok(())
}

pub(crate) async fn a_server_changed_by_hand_has_another_revision() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    let client = database.connect().await?;
    client
        .batch_execute(
            "INSERT INTO servers (name, endpoint_url, tags)
                 VALUES ('one', 'https://a.example.com', ARRAY['a', NULL]);
             UPDATE servers SET transport_type = 'websocket', health_status = 'maintenance'",
        )
        .await?;
    let servers = store.load_routes().await?.servers;
    let [server] = servers.as_slice() else {
        return Err(format!("expected one: {servers:?}").into());
    };
    assert_eq!(server.revision, Revision(2));
    assert_eq!(server.tags, ["a"]);
    assert!(server.alias.as_str().starts_with("server-"));
    assert!(server.updated_at > server.created_at);
    Ok(())
}
