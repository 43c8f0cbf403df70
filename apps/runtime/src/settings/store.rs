//! Where things are kept.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use registry_postgres::{PgAddress, PgOptions};
use secrecy::ExposeSecret;
use url::Url;

use super::{Reader, Stage};

const NAMES: &[&str] = &["MREG_DATABASE_URL", "DATABASE_URL"];
const HOST: &[&str] = &["MREG_POSTGRES_HOST"];

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The folder for everything that is kept in files.
    pub data_dir: PathBuf,
    /// Where the registry is kept.
    pub database: Database,
}

/// Where the registry is kept. Shown without passwords.
#[derive(Debug, Clone)]
pub enum Database {
    /// In a SQLite file.
    File(PathBuf),
    /// In PostgreSQL.
    Postgres(Box<PgOptions>),
}

impl fmt::Display for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Postgres(options) => options.address.fmt(out),
        }
    }
}

impl StoreSettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let data_dir = reader
            .parsed(&["MREG_DATA_DIR"], "data", "a path", |text| Some(PathBuf::from(text)))
            .unwrap_or_default();
        let named = reader.optional(
            NAMES,
            "sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE?sslmode=…",
            |url| match url.strip_prefix("sqlite://") {
                Some(path) => (!path.is_empty()).then(|| Database::File(PathBuf::from(path))),
                None => PgAddress::parse(url).ok().map(postgres),
            },
        );
        let of_parts = parts(reader);
        let is_named = reader.set_by(NAMES).is_some() || reader.set_by(HOST).is_some();
        if !is_named && stage != Stage::Development {
            reader.problem("DATABASE_URL", format!("is required in {stage}"));
        }
        let mut database =
            named.or(of_parts).unwrap_or_else(|| Database::File(data_dir.join("registry.db")));
        pool(reader, &mut database);
        Self { data_dir, database }
    }
}

fn postgres(address: PgAddress) -> Database {
    Database::Postgres(Box::new(PgOptions::new(address)))
}

/// The address in parts; the host says that they are meant.
fn parts(reader: &mut Reader<'_>) -> Option<Database> {
    let host = reader.text(HOST);
    let port = reader.number(&["MREG_POSTGRES_PORT"], 5432_u16, 1, u16::MAX);
    let user = reader.parsed(&["MREG_POSTGRES_USER"], "mcp_user", "text", text);
    let password = reader.secret(&["MREG_POSTGRES_PASSWORD"]);
    let name = reader.parsed(&["MREG_POSTGRES_DB"], "mcp_registry", "text", text);
    let mode = reader.parsed(
        &["MREG_POSTGRES_SSL_MODE"],
        "prefer",
        "disable, prefer, require, verify-ca or verify-full",
        |mode| {
            matches!(mode, "disable" | "prefer" | "require" | "verify-ca" | "verify-full")
                .then(|| mode.to_owned())
        },
    );
    let (host, user, name, mode) = (host?, user?, name?, mode?);
    let address = || {
        let mut url = Url::parse(&format!("postgres://{host}")).ok()?;
        url.set_port(Some(port)).ok()?;
        url.set_username(&user).ok()?;
        url.set_password(password.as_ref().map(ExposeSecret::expose_secret)).ok()?;
        url.set_path(&name);
        url.query_pairs_mut().append_pair("sslmode", &mode);
        PgAddress::parse(url.as_str()).ok()
    };
    let address = address();
    if address.is_none() {
        reader.problem("MREG_POSTGRES_HOST", "must be a host's name or address, without a port");
    }
    address.map(postgres)
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The bounds of the pool, which only PostgreSQL has.
fn pool(reader: &mut Reader<'_>, database: &mut Database) {
    let min = reader.number(&["MREG_POSTGRES_MIN_CONNECTIONS"], 10, 0, 1000);
    let max = reader.number(&["MREG_POSTGRES_MAX_CONNECTIONS"], 20.max(min), 1, 1000);
    let wait = reader.number(&["MREG_POSTGRES_POOL_TIMEOUT"], 30, 1, 300);
    let migrate = reader.flag(&["MREG_AUTO_MIGRATE"], true);
    if min > max {
        reader.problem(
            "MREG_POSTGRES_MIN_CONNECTIONS",
            format!("must be at most MREG_POSTGRES_MAX_CONNECTIONS, which is {max}"),
        );
    }
    if let Database::Postgres(options) = database {
        options.min_connections = min;
        options.max_connections = max;
        options.acquire_timeout = Duration::from_secs(wait);
        options.migrate = migrate;
    }
}
