//! The way to PostgreSQL and to Redis, encrypted: who has a certificate of an authority that the
//! operator trusts, for the name that the address has, is spoken to, and nobody else.

use registry_testkit::{
    Api, Authority, Certificate, Launch, PgTlsDoor, TestDatabase, TlsDoor, test_redis,
};
use url::Url;

/// The URL with another port, on this host.
fn at(url: &str, host: &str, port: u16) -> Url {
    let mut url = Url::parse(url).unwrap();
    url.set_host(Some(host)).unwrap();
    url.set_port(Some(port)).unwrap();
    url
}

/// What a start that must fail says.
fn refused(launch: &Launch) -> String {
    let output = launch.run();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// A way to PostgreSQL, and its URL with `sslmode`.
fn to_postgres(
    database: &TestDatabase,
    trusted: &Authority,
    (certificate, host, mode): (&Certificate, &str, &str),
) -> (PgTlsDoor, String) {
    let door = PgTlsDoor::before(database.address().parse().unwrap(), certificate);
    let mut url = at(database.url(), host, door.port());
    url.query_pairs_mut()
        .append_pair("sslmode", mode)
        .append_pair("sslrootcert", trusted.file().to_str().unwrap());
    (door, url.to_string())
}

#[tokio::test]
async fn postgres_is_spoken_to_in_tls_in_each_mode_that_asks_for_it() {
    let (database, authority) = (TestDatabase::create().await, Authority::new());
    let certificate = authority.certificate("localhost");
    for mode in ["prefer", "require", "verify-ca", "verify-full"] {
        let as_named = (&certificate, "localhost", mode);
        let (door, url) = to_postgres(&database, &authority, as_named);
        let program = Launch::program("mcp-registry").envs(&[("DATABASE_URL", &url)]).start().await;
        let health = Api::service(&program).get("/health").await.expect(200).json();
        assert_eq!(health["status"], "healthy", "{mode}: {health}");
        assert!(door.encrypted() > 0, "{mode}");
        assert_eq!(door.in_clear(), 0, "{mode}");
    }
}

#[tokio::test]
async fn a_postgres_whose_certificate_is_not_good_is_told_and_not_spoken_to() {
    let (database, trusted) = (TestDatabase::create().await, Authority::new());
    let cases = [
        (Authority::new().certificate("localhost"), "another authority's"),
        (trusted.expired("localhost"), "an expired one"),
        (trusted.certificate("db.example"), "another name's"),
    ];
    for (certificate, what) in &cases {
        for mode in ["require", "verify-full"] {
            let (door, url) = to_postgres(&database, &trusted, (certificate, "localhost", mode));
            let said = refused(&Launch::program("mcp-registry").envs(&[("DATABASE_URL", &url)]));
            assert!(said.contains(&format!("localhost:{}", door.port())), "{what}: {said}");
            assert_eq!((door.encrypted(), door.in_clear()), (0, 0), "{what}");
        }
    }
}

#[tokio::test]
async fn redis_is_spoken_to_in_tls_and_a_wrong_certificate_is_refused() {
    let (database, redis, trusted) = (TestDatabase::create().await, test_redis(), Authority::new());
    let start = |certificate: &Certificate| {
        let door = TlsDoor::before(redis.address().parse().unwrap(), certificate);
        let url = at(redis.url(), "localhost", door.port()).to_string();
        let url = url.replacen("redis://", "rediss://", 1);
        let launch = Launch::program("mcp-registry").envs(&[
            ("DATABASE_URL", database.url()),
            ("MREG_REDIS_URL", &url),
            ("MREG_REDIS_KEY_PREFIX", redis.prefix()),
            ("SSL_CERT_FILE", trusted.file().to_str().unwrap()),
        ]);
        (door, launch)
    };
    let (_door, launch) = start(&trusted.certificate("localhost"));
    let program = launch.start().await;
    let health = Api::service(&program).get("/health").await.expect(200).json();
    assert_eq!(health["status"], "healthy", "{health}");
    for certificate in
        [Authority::new().certificate("localhost"), trusted.certificate("redis.example")]
    {
        let (door, launch) = start(&certificate);
        let said = refused(&launch);
        assert!(said.contains(&format!("localhost:{}", door.port())), "{said}");
    }
}
