//! Records are sealed, and whoever changes them by hand is found out.

use jiff::{Timestamp, ToSpan};
use registry_testkit::{DataDir, Launch, TestDatabase};
use serde_json::json;

use crate::support::{admin, list, proven, record_at, said, someone, verify};

const QUICK: [(&str, &str); 1] = [("MREG_AUDIT_SEAL_INTERVAL_SECONDS", "1")];
const SLOW: [(&str, &str); 1] = [("MREG_AUDIT_SEAL_INTERVAL_SECONDS", "3600")];

#[tokio::test]
async fn what_is_done_is_sealed_and_the_command_proves_it() {
    let data = DataDir::new();
    let program = Launch::program("mcp-registry").data_dir(&data).envs(&QUICK).start().await;
    let root = admin(&program).await;
    list(&root, "one").await;
    let user = someone(&program, json!({ "subject": "ada" })).await;
    let draft = json!({
        "endpoint_url": "http://127.0.0.1:1/x", "endpoint_name": "Example",
        "owner_contact": "Team",
    });
    user.post("/registrations", &draft).await.expect(201);
    let told = proven(&data, &[], "audit: 1 records in 1 seals, all as they were sealed").await;
    assert!(told.contains("audit: newest seal: sha256:"), "{told}");
    let told =
        proven(&data, &[], "operations: 1 records in 1 seals, all as they were sealed").await;
    assert!(!told.contains("not yet sealed"), "{told}");
}

#[tokio::test]
async fn what_has_no_seal_yet_is_said_and_the_end_of_a_program_makes_one() {
    let data = DataDir::new();
    let mut program = Launch::program("mcp-registry").data_dir(&data).envs(&SLOW).start().await;
    list(&admin(&program).await, "one").await;
    let told = proven(&data, &[], "operations: not yet sealed: 1 records of chain ").await;
    assert!(told.contains("operations: 0 records in 0 seals"), "{told}");
    program.terminate();
    program.wait_exit().await;
    let told = proven(&data, &[], "operations: 1 records in 1 seals").await;
    assert!(!told.contains("operations: not yet sealed"), "{told}");
}

#[tokio::test]
async fn what_is_changed_removed_or_inserted_by_sql_is_named() {
    let database = TestDatabase::create().await;
    let (data, url) = (DataDir::new(), [("DATABASE_URL", database.url())]);
    let launch = Launch::program("mcp-registry").data_dir(&data).envs(&QUICK).envs(&url);
    let program = launch.start().await;
    let root = admin(&program).await;
    for name in ["one", "two", "three"] {
        list(&root, name).await;
    }
    proven(&data, &url, "operations: 3 records in ").await;
    let (client, connection) =
        tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);

    let ids = client.query("SELECT id::text FROM fastmcp_audit_log ORDER BY timestamp", &[]);
    let ids: Vec<String> = ids.await.unwrap().iter().map(|row| row.get(0)).collect();
    let [first, second, third] = ids.as_slice() else { panic!("there are three: {ids:?}") };
    let found = async |sql: String, expected: &str| {
        client.batch_execute(&sql).await.unwrap();
        let output = verify(&data, &url);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = said(&output);
        assert!(told.contains("operations: ") && told.contains(expected), "{expected}: {told}");
    };
    let change = format!("UPDATE fastmcp_audit_log SET user_id = 'eve' WHERE id = '{first}'");
    found(change, &format!("record {first} at position ")).await;
    let remove = format!("DELETE FROM fastmcp_audit_log WHERE id = '{third}'");
    found(remove, "the record at position 3 was removed").await;
    let insert = format!(
        "INSERT INTO fastmcp_audit_log (id, method, success, duration_ms) \
         VALUES ('{}', 'ping', true, 1)",
        second.replace(second.get(..8).unwrap(), "00000000")
    );
    found(insert, "was inserted: it stands in no chain").await;
    connection.abort();
}

#[tokio::test]
async fn whole_days_that_are_old_enough_are_purged_and_their_seals_stay() {
    let data = DataDir::new();
    let now = Timestamp::now();
    let old = now.checked_sub(24 * 10.hours()).unwrap();
    let young = now.checked_sub(24 * 2.hours()).unwrap();
    record_at(&data, 1, old).await;
    record_at(&data, 2, young).await;
    proven(&data, &[], "operations: 2 records in 2 seals").await;
    let keep = [QUICK[0], ("MREG_FASTMCP_AUDIT_LOG_RETENTION_DAYS", "5")];
    let program = Launch::program("mcp-registry").data_dir(&data).envs(&keep).start().await;
    let told = proven(&data, &[], "operations: 1 records in 2 seals, all as they were").await;
    let day = registry_domain::chain::day_of(old);
    assert!(told.contains(&format!("operations: purged: {day}\n")), "{told}");
    drop(program);
}
