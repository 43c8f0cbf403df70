//! What is in the rows.

use std::time::Duration;

use jiff::Timestamp;
use libtest_mimic::Failed;
use registry_domain::chain::Chain;
use registry_domain::id::{ChainId, OperationId, UserId};
use registry_domain::operation::Operation;
use registry_domain::ports::{
    OperationLog, PortError, RegistrationQuery, RegistrationStore, ServerCatalog as _, UserStore,
};
use serde_json::json;
use tokio::runtime::Handle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::cluster::{Database, texts};
use crate::support::{id, identity, open, submission, submitted};

pub(crate) async fn a_row_that_does_not_read_is_left_out_of_lists() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    let mut made = Vec::new();
    for number in 0..3 {
        made.push(submitted(&store, number).await?.id);
    }
    let bad = made.remove(1);
    let client = database.connect().await?;
    for spoil in [
        "endpoint_url = 'nonsense'",
        "available_tools = '7'",
        "alias = 'Not One'",
        "standing = '{}'",
    ] {
        let sql = format!("UPDATE registrations SET {spoil} WHERE registration_id = '{bad}'");
        client.batch_execute(&sql).await?;
        let page = RegistrationStore::list(
            store.as_ref(),
            &RegistrationQuery { limit: 10, ..Default::default() },
        )
        .await?;
        let listed: Vec<_> = page.items.iter().map(|view| view.registration.id).rev().collect();
        assert_eq!(listed, made, "{spoil}");
        assert_eq!(page.total, 3);
        let due: Vec<_> = store.due_discoveries("2030-01-01T00:00:00Z".parse()?, 10).await?;
        assert_eq!(due.len(), 2);
        let Err(PortError::Corrupt { what, .. }) =
            RegistrationStore::find(store.as_ref(), bad).await
        else {
            return Err(format!("{spoil} reads").into());
        };
        assert!(what.contains(&bad.to_string()) && what.contains("registrations."), "{what}");
        let mend = format!(
            "UPDATE registrations SET endpoint_url = 'https://s1.example.com/mcp', \
             available_tools = '[]', alias = NULL, standing = NULL \
             WHERE registration_id = '{bad}'"
        );
        client.batch_execute(&mend).await?;
        assert!(RegistrationStore::find(store.as_ref(), bad).await?.is_some());
    }
    Ok(())
}

pub(crate) async fn a_server_that_does_not_read_is_left_out_of_the_routes() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    database
        .connect()
        .await?
        .batch_execute(
            "INSERT INTO servers (name, endpoint_url) VALUES ('good', 'https://a.example.com');
             INSERT INTO servers (name, endpoint_url) VALUES ('bad', 'nonsense');
             INSERT INTO servers (name, endpoint_url, manifest_state)
                 VALUES ('worse', 'https://b.example.com', 'reviewed');
             INSERT INTO server_tools (server_id, name, full_name, position, digest, raw)
                 SELECT id, 'x', 'x', 0, 'no digest', '{}' FROM servers WHERE name = 'worse'",
        )
        .await?;
    let routes = store.load_routes().await?.servers;
    let names: Vec<_> = routes.iter().map(|server| server.name.as_str()).collect();
    assert_eq!(names, ["good"]);
    assert_eq!(store.awaiting_manifest(10).await?.len(), 1);
    Ok(())
}

pub(crate) async fn a_time_that_does_not_read_is_refused() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    let made = submitted(&store, 1).await?;
    let client = database.connect().await?;
    let server = "INSERT INTO servers (name, endpoint_url) VALUES ('a', 'https://a.example.com')";
    client.batch_execute(server).await?;
    store.append(&chain(), vec![operation()]).await?;
    let decided = "INSERT INTO candidate_manifests (registration_id, state, for_revision) \
                   SELECT registration_id, 'pending', 1 FROM registrations; \
                   INSERT INTO retired_aliases (alias, free_at) VALUES ('a', now()); \
                   INSERT INTO server_drifts (server_id, definitions, since) \
                   SELECT id, '[]', now() FROM servers; \
                   INSERT INTO server_credentials (server_id, kind, header_name, origin, sealed, \
                                                   set_at, revision) \
                   SELECT id, 'header', 'x-key', 'https://a.example.com', '', now(), 1 FROM servers; \
                   INSERT INTO user_grants (server_id, subject, sealed, granted_at, revision) \
                   SELECT id, 's', '', now(), 1 FROM servers; \
                   INSERT INTO documents (document_id, registration_id, filename, content_type, \
                                          size_bytes, digest, uploaded_by, created_at) \
                   SELECT gen_random_uuid(), registration_id, 'a.md', 'text/markdown', 1, \
                          repeat('d', 71), submitter_id, now() FROM registrations; \
                   INSERT INTO links (link_id, registration_id, rel, url, added_by, created_at) \
                   SELECT gen_random_uuid(), registration_id, 'source', 'https://a.example.com', \
                          submitter_id, now() FROM registrations; \
                   INSERT INTO seals (chain, log, day, after_position, to_position, count, digest, \
                                      made_at, marks) \
                   SELECT id, log, day, 0, 1, 1, 'd', now(), '' FROM chains; \
                   INSERT INTO api_keys (id, name, roles, scopes, digest, made_by, created_at, \
                                         expires_at) \
                   SELECT gen_random_uuid(), 'a', '{}', '{}', 'd', user_id, now(), now() FROM users; \
                   INSERT INTO collections (id, slug, name, members, made_by, created_at, \
                                            updated_at, revision) \
                   SELECT gen_random_uuid(), 'c', 'c', '[]', user_id, now(), now(), 1 FROM users; \
                   INSERT INTO oauth_clients (client_id, redirect_uris, created_at, ends_at) \
                   VALUES ('c', '[]', now(), now()); \
                   INSERT INTO oauth_consents (consent_key, client_id, subject, created_at, ends_at) \
                   VALUES (repeat('k', 64), 'c', 's', now(), now()); \
                   INSERT INTO oauth_grants (grant_id, client_id, subject, resource, scopes, serial, \
                                             sealed, created_at, ends_at) \
                   VALUES (gen_random_uuid(), 'c', 's', '', '[]', 1, '', now(), now()); \
                   INSERT INTO oauth_denials (denied_id, since, ends_at) \
                   VALUES (gen_random_uuid(), now(), now()); \
                   INSERT INTO oauth_keys (generation, kid, sealed, signs_from, ends_at) \
                   VALUES (1, 'k', '', now(), now())";
    client.batch_execute(decided).await?;
    // Those of sessions, leases and replicas never leave the database.
    let columns = texts(
        &client,
        "SELECT table_name || ' SET ' || column_name FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' \
         AND table_name NOT IN ('sessions', 'leases', 'replicas', 'replica_messages', \
                                '__diesel_schema_migrations')",
    );
    let columns = columns.await?;
    assert!(columns.len() >= 14, "{columns:?}");
    for column in columns {
        for time in ["infinity", "-infinity", "9999-12-31", "10000-01-01", "4000-01-01 BC"] {
            let told = client.batch_execute(&format!("UPDATE {column} = '{time}'")).await;
            let code = told.err().and_then(|error| error.code().cloned());
            assert_eq!(code, Some(SqlState::CHECK_VIOLATION), "{column} {time}");
        }
        for time in ["0002-01-01", "9998-12-31"] {
            let sql = format!("BEGIN; UPDATE {column} = '{time}'; ROLLBACK");
            // A time of a decision without one breaks another rule.
            if !column.ends_with("approved_at") {
                client.batch_execute(&sql).await?;
            }
        }
    }
    assert_eq!(
        RegistrationStore::list(
            store.as_ref(),
            &RegistrationQuery { limit: 9, ..Default::default() }
        )
        .await?
        .total,
        1
    );
    assert!(RegistrationStore::find(store.as_ref(), made.id).await?.is_some());
    Ok(())
}

pub(crate) async fn operations_make_no_notification() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    let (client, mut connection) = tokio_postgres::connect(&database.url()?, NoTls).await?;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    Handle::current().spawn(async move {
        while let Some(Ok(message)) =
            std::future::poll_fn(|task| connection.poll_message(task)).await
        {
            if let AsyncMessage::Notification(notification) = message {
                told.send(notification).ok();
            }
        }
    });
    client.batch_execute("LISTEN mcp_registry_events").await?;
    store.append(&chain(), vec![operation()]).await?;
    submitted(&store, 1).await?;
    store.append(&chain(), vec![operation()]).await?;
    submitted(&store, 2).await?;
    for expected in ["1", "2"] {
        let notification = heard.recv().await.ok_or("nothing was heard")?;
        assert_eq!(notification.payload(), expected);
    }
    assert_eq!(OperationLog::count(store.as_ref()).await?, 2);
    Ok(())
}

fn chain() -> Chain {
    Chain::of_operations(ChainId(id()), Timestamp::UNIX_EPOCH)
}

fn operation() -> Operation {
    Operation {
        id: OperationId(id()),
        at: jiff::Timestamp::UNIX_EPOCH + Duration::from_secs(1),
        user_id: None,
        tenant_id: None,
        email: None,
        method: "ping".to_owned(),
        tool_name: None,
        params: None,
        success: true,
        error_message: None,
        error_code: None,
        duration_ms: 1,
        server_id: None,
        request_id: "r".to_owned(),
        client_address: None,
    }
}

pub(crate) async fn texts_that_postgresql_cannot_hold_are_mended() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    let nul = || Some("a\0b".to_owned());
    let mut operations = Vec::new();
    for params in [r#"{"a":"\u0000"}"#, "{", "1e999999"] {
        operations.push(Operation {
            params: Some(params.to_owned()),
            tool_name: nul(),
            error_message: nul(),
            error_code: nul(),
            duration_ms: u32::MAX,
            ..operation()
        });
    }
    store.append(&chain(), operations).await?;
    let kept = store.newest(10).await?;
    let params: Vec<_> = kept.iter().rev().filter_map(|kept| kept.params.as_deref()).collect();
    assert_eq!(params, ["{\"a\":\"\u{fffd}\"}", "\"{\"", "\"1e999999\""]);
    assert!(kept.iter().all(|kept| kept.tool_name.as_deref() == Some("a\u{fffd}b")));
    assert!(kept.iter().all(|kept| kept.duration_ms == 2_147_483_647));

    let mut seen = identity("ada", None);
    seen.display_name = nul();
    let user = store.ensure_user(&seen, UserId(id())).await?.into_user();
    assert_eq!(user.display_name.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(UserStore::find(store.as_ref(), user.id).await?, Some(user));

    let mut change = submission(&store, 1).await?;
    let tool = json!({"name": "x", "a\0": "b\0"});
    change.next.content.available_tools = tool.as_object().cloned().into_iter().collect();
    RegistrationStore::commit(store.as_ref(), &change).await?;
    let page = RegistrationStore::list(
        store.as_ref(),
        &RegistrationQuery { limit: 1, ..Default::default() },
    )
    .await?;
    let view = page.items.first().ok_or("nothing is there")?;
    assert_eq!(
        json!(view.registration.content.available_tools),
        json!([{"name": "x", "a\u{fffd}": "b\u{fffd}"}])
    );
    Ok(())
}
