//! The migrations.

use futures_util::future::join_all;
use libtest_mimic::Failed;
use registry_domain::archive::{Kind, LEFT_OUT, TABLES};
use registry_domain::ports::EventLog as _;
use registry_postgres::{migrate_down, migrate_up};
use tokio::runtime::Handle;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::cluster::{Database, connect, migrations, number, script, texts};
use crate::support::{open, submitted};

const INIT: &str = "2026-11-21-000001_registry";
const TABLES_OF_SCHEMA: &str = "SELECT table_name::text FROM information_schema.tables \
                      WHERE table_schema = 'public' ORDER BY 1";
const INDEXES: &str =
    "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
const TRIGGERS: &str = "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1";

async fn refused(client: &Client, sql: &str, why: &SqlState) {
    let told = client.batch_execute(sql).await;
    assert_eq!(told.err().as_ref().and_then(|error| error.code()), Some(why), "{sql}");
}

pub(crate) async fn the_init_script_runs_twice_and_makes_what_it_says() -> Result<(), Failed> {
    let (_database, url) = Database::of_plain_role().await?;
    let client = connect(&url).await?;
    let init = script(INIT, "up.sql")?;
    client.batch_execute(&init).await?;
    client
        .batch_execute(
            "INSERT INTO users (entra_id, email) VALUES ('oid', 'ada@example.com');
             INSERT INTO registrations (endpoint_url, endpoint_name, owner_contact, submitter_id)
             SELECT 'https://a.example.com', 'abc', 'x', user_id FROM users",
        )
        .await?;
    client.batch_execute(&init).await?;

    assert_eq!(texts(&client, TABLES_OF_SCHEMA).await?, ["audit_log", "registrations", "users"]);
    assert_eq!(
        texts(&client, INDEXES).await?,
        [
            "audit_log_pkey",
            "idx_audit_log_registration_id",
            "idx_audit_log_timestamp",
            "idx_registrations_created_at",
            "idx_registrations_endpoint_url",
            "idx_registrations_status",
            "idx_registrations_submitter_id",
            "idx_users_entra_id",
            "registrations_pkey",
            "users_pkey",
        ]
    );
    let triggers = ["update_registrations_updated_at", "update_users_updated_at"];
    assert_eq!(texts(&client, TRIGGERS).await?, triggers);
    assert_eq!(number(&client, "SELECT count(*) FROM registrations").await?, 1);

    let same = "INSERT INTO users (entra_id, email) VALUES ('oid', 'x')";
    refused(&client, same, &SqlState::UNIQUE_VIOLATION).await;
    for (column, value) in [
        ("status", "'pending'".to_owned()),
        ("endpoint_name", "'ab'".to_owned()),
        ("endpoint_name", format!("'{}'", "a".repeat(201))),
    ] {
        let update = format!("UPDATE registrations SET {column} = {value}");
        refused(&client, &update, &SqlState::CHECK_VIOLATION).await;
    }
    for table in ["users", "registrations"] {
        let later = format!(
            "WITH before AS (SELECT updated_at FROM {table}), done AS \
             (UPDATE {table} SET created_at = created_at RETURNING updated_at) \
             SELECT count(*) FROM before, done WHERE done.updated_at > before.updated_at"
        );
        assert_eq!(number(&client, &later).await?, 1, "{table}");
    }
    Ok(())
}

pub(crate) async fn the_seeds_sql_runs_verbatim() -> Result<(), Failed> {
    let by_init = Database::empty().await?;
    by_init.connect().await?.batch_execute(&script(INIT, "up.sql")?).await?;
    for database in [by_init, Database::migrated().await?] {
        let client = database.connect().await?;
        for sql in [
            "-- Check users table
SELECT * FROM users;

-- Check registrations
SELECT registration_id, endpoint_name, status, created_at 
FROM registrations 
ORDER BY created_at DESC;

-- Check audit log
SELECT * FROM audit_log ORDER BY timestamp DESC LIMIT 10;",
            "UPDATE users SET is_admin = TRUE WHERE email = 'admin@example.com';",
            "SELECT endpoint_name, owner_contact, created_at 
FROM registrations 
WHERE status = 'Pending' 
ORDER BY created_at ASC;",
        ] {
            client.batch_execute(sql).await?;
        }
    }
    Ok(())
}

/// Everything that a migration may make, one line each.
async fn described(client: &Client) -> Result<Vec<String>, Failed> {
    texts(
        client,
        "SELECT format('%s.%s %s %s %s', table_name, column_name, udt_name, is_nullable, \
                       column_default) AS line \
         FROM information_schema.columns WHERE table_schema = 'public' \
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
         UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc \
                   WHERE pronamespace = 'public'::regnamespace \
         UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint \
                   WHERE connamespace = 'public'::regnamespace \
         UNION ALL SELECT typname || enumlabel FROM pg_enum JOIN pg_type \
                   ON pg_type.oid = enumtypid \
         ORDER BY line",
    )
    .await
}

pub(crate) async fn down_and_up_lead_to_the_same_schema() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let (client, options) = (database.connect().await?, database.options()?);
    let up = described(&client).await?;
    let all = std::fs::read_dir(migrations())?.filter_map(Result::ok);
    let all = all.filter(|entry| entry.path().is_dir()).count();
    for steps in 1..=all {
        let down = migrate_down(&options, &Handle::current(), steps).await?;
        assert_eq!(down.versions.len(), steps);
        let again = migrate_up(&options, &Handle::current()).await?;
        assert_eq!(again.versions.len(), steps);
        assert_eq!(described(&client).await?, up, "after {steps} steps back");
    }
    migrate_down(&options, &Handle::current(), usize::MAX).await?;
    assert_eq!(texts(&client, TABLES_OF_SCHEMA).await?, ["__diesel_schema_migrations"]);
    let functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace";
    assert_eq!(number(&client, functions).await?, 0);
    Ok(())
}

pub(crate) async fn the_init_script_does_no_harm_later() -> Result<(), Failed> {
    // First by hand, then by the product, as a role without rights, and by hand again.
    let (database, url) = Database::of_plain_role().await?;
    let client = connect(&url).await?;
    client.batch_execute(&script(INIT, "up.sql")?).await?;
    client
        .batch_execute(
            "INSERT INTO users (entra_id, email) VALUES ('oid', 'ada@example.com');
             INSERT INTO registrations
                 (endpoint_url, endpoint_name, owner_contact, submitter_id, updated_at)
             SELECT 'https://A.example.com/', 'Abc', 'X', user_id, '2020-01-01' FROM users",
        )
        .await?;
    let mut options = database.options()?;
    options.address = registry_postgres::PgAddress::parse(&url)?;
    migrate_up(&options, &Handle::current()).await?;
    let up = described(&client).await?;
    client.batch_execute(&script(INIT, "up.sql")?).await?;
    assert_eq!(described(&client).await?, up);
    let kept = "SELECT url_key || ' ' || replace(search_key, E'\\n', '|') || ' ' || \
                extract(year FROM updated_at) || ' ' || revision FROM registrations";
    assert_eq!(texts(&client, kept).await?, ["https://A.example.com abc|x| 2020 1"]);
    client.batch_execute("UPDATE registrations SET description = 'Z'").await?;
    let changed = "SELECT revision || right(search_key, 1) FROM registrations \
                   WHERE updated_at > '2021-01-01'";
    assert_eq!(texts(&client, changed).await?, ["2z"]);
    // The product needs no more rights than that role has.
    let store = open(options).await?;
    submitted(&store, 1).await?;
    assert_eq!(store.latest().await?.0, 1);
    Ok(())
}

pub(crate) async fn there_are_at_least_25_indexes() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let indexes = texts(&database.connect().await?, INDEXES).await?;
    assert!(indexes.len() >= 25, "{indexes:?}");
    Ok(())
}

pub(crate) async fn four_who_migrate_at_once_run_each_migration_once() -> Result<(), Failed> {
    let database = Database::empty().await?;
    let (options, handle) = (database.options()?, Handle::current());
    let told = join_all((0..4).map(|_| migrate_up(&options, &handle))).await;
    let mut run = Vec::new();
    for told in told {
        run.extend(told?.versions);
    }
    let folders = std::fs::read_dir(migrations())?.filter_map(Result::ok);
    assert_eq!(run.len(), folders.filter(|folder| folder.path().is_dir()).count());
    assert!(run.is_sorted(), "one did all: {run:?}");
    Ok(())
}

/// What a column holds, by the name of its type.
fn kind_of(udt: &str) -> Kind {
    match udt {
        "uuid" => Kind::Uuid,
        "bool" => Kind::Flag,
        "int4" | "int8" => Kind::Number,
        "timestamptz" => Kind::Time,
        "date" => Kind::Day,
        "jsonb" => Kind::Json,
        "_text" => Kind::Texts,
        "bytea" => Kind::Bytes,
        "transport_type_enum" => Kind::Word("transport_type_enum"),
        "server_status_enum" => Kind::Word("server_status_enum"),
        _ => Kind::Text,
    }
}

pub(crate) async fn each_table_is_archived_with_all_its_columns_or_left_out_for_a_reason()
-> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    for name in texts(&client, TABLES_OF_SCHEMA).await? {
        let archived = TABLES.iter().find(|table| table.name == name);
        let left_out = LEFT_OUT.iter().any(|(left_out, _)| *left_out == name);
        assert!(archived.is_some() != left_out, "put {name} into domain/src/archive/tables.rs");
        let Some(table) = archived else { continue };
        let there = format!(
            "SELECT column_name || ' ' || udt_name FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{name}' ORDER BY 1"
        );
        let there = texts(&client, &there).await?;
        let named = there.iter().filter_map(|line| line.split_once(' '));
        let mut there: Vec<_> = named.map(|(name, udt)| (name, kind_of(udt))).collect();
        there.sort_unstable_by_key(|(name, _)| *name);
        let mut described = table.columns.to_vec();
        described.sort_unstable_by_key(|(name, _)| *name);
        assert_eq!(described, there, "{name} in domain/src/archive/tables.rs");
    }
    Ok(())
}
