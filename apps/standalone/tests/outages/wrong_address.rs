//! An address that does not read is a wrong setting (2); one where nobody answers, a failed start
//! (1). Either is one line, without the password.

use registry_testkit::{ChaosProxy, Launch, TestDatabase};

const SECRET: &str = "secretpw";

/// What a start that must fail says on standard error: one line.
fn refused(settings: &[(&str, &str)], code: i32) -> String {
    let output = Launch::program("mcp-registry").envs(settings).run();
    let said = String::from_utf8(output.stderr).unwrap();
    let logged = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(code), "{settings:?}: {said}\n{logged}");
    assert_eq!(said.lines().count(), 1, "{settings:?}: {said}");
    assert!(!said.contains("panicked") && !logged.contains("panicked"), "{said}\n{logged}");
    assert!(!said.contains(SECRET) && !logged.contains(SECRET), "{said}\n{logged}");
    said
}

#[tokio::test]
async fn a_database_where_nobody_listens_is_told_by_host_and_name() {
    let url = format!("postgres://u:{SECRET}@127.0.0.1:1/db");
    let said = refused(&[("DATABASE_URL", &url)], 1);
    assert!(said.contains("127.0.0.1:1/db"), "{said}");
}

#[tokio::test]
async fn a_database_that_accepts_and_says_nothing_is_given_up() {
    let database = TestDatabase::create().await;
    let proxy = ChaosProxy::before(&database.address());
    proxy.stall();
    let said = refused(&[("DATABASE_URL", &database.through(&proxy))], 1);
    assert!(said.contains(&proxy.address().to_string()), "{said}");
    assert!(said.contains(database.name()), "{said}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_by_its_name() {
    let database = TestDatabase::create().await;
    let url = database.url().replace(database.name(), "no_such_database");
    let said = refused(&[("DATABASE_URL", &url)], 1);
    assert!(said.contains("no_such_database"), "{said}");
}

#[tokio::test]
async fn a_redis_where_nobody_answers_is_told_by_its_host() {
    let database = TestDatabase::create().await;
    let silent = ChaosProxy::before(&database.address());
    silent.stall();
    for place in ["127.0.0.1:1".to_owned(), silent.address().to_string()] {
        let url = format!("redis://:{SECRET}@{place}/3");
        let said = refused(&[("DATABASE_URL", database.url()), ("MREG_REDIS_URL", &url)], 1);
        assert!(said.contains(&place), "{said}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_read_is_a_wrong_setting() {
    for (name, address) in [
        ("DATABASE_URL", "postgres://"),
        ("DATABASE_URL", "http://u:secretpw@127.0.0.1/db"),
        ("DATABASE_URL", "postgres://u:secretpw@127.0.0.1:x/db"),
        ("DATABASE_URL", "postgres://u:secretpw@127.0.0.1/db?sslmode=perhaps"),
        ("DATABASE_URL", "postgres://u:secretpw@127.0.0.1/db?no_such_option=1"),
        ("MREG_REDIS_URL", "http://x"),
        ("MREG_REDIS_URL", "redis://"),
        ("MREG_REDIS_URL", "redis://:secretpw@127.0.0.1:x"),
        ("MREG_REDIS_URL", "redis://:secretpw@127.0.0.1/database"),
        ("MREG_REDIS_URL", "secretpw"),
        ("REDIS_URL", "http://secretpw@x"),
    ] {
        let mut settings = vec![(name, address)];
        if name == "REDIS_URL" {
            // Where the suite has a Redis, its address would win.
            settings.push(("MREG_REDIS_URL", ""));
        }
        let said = refused(&settings, 2);
        assert!(said.starts_with(&format!("{name}: ")), "{address}: {said}");
    }
}
