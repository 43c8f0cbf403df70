//! How a program is started: clean environment, settings, data folder, what to wait for.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, OnceLock},
};

use tempfile::TempDir;

use crate::{Program, TestDatabase, TestRedis, binary, test_redis};

/// The REST API's name in its `listening` line.
pub const SERVICE: &str = "public-api";
/// The gateway's.
pub const GATEWAY: &str = "mcp-gateway";

/// On which stores the suites run: `embedded` (the default), or `postgres` with Redis.
const STORE: &str = "REGISTRY_TEST_STORE";

/// A temporary data folder; clones share it, the last one removes it.
///
/// With `REGISTRY_TEST_STORE=postgres` programs on this folder keep what they keep in a PostgreSQL
/// database and a Redis of the folder's own, made when the first program starts: the same suites
/// run on both.
#[derive(Clone)]
pub struct DataDir(Arc<Kept>);

struct Kept {
    folder: TempDir,
    servers: OnceLock<Option<(TestDatabase, TestRedis)>>,
}

impl DataDir {
    /// A new, empty folder.
    #[expect(clippy::new_without_default, reason = "making a folder is not a default value")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self(Arc::new(Kept { folder, servers: OnceLock::new() }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.folder.path()
    }

    /// The URL of the folder's PostgreSQL database, where the suite runs on one.
    pub fn database_url(&self) -> Option<&str> {
        self.servers().map(|(database, _)| database.url())
    }

    fn servers(&self) -> Option<&(TestDatabase, TestRedis)> {
        let made = self.0.servers.get_or_init(|| match std::env::var(STORE).as_deref() {
            Err(_) | Ok("" | "embedded") => None,
            Ok("postgres") => Some((TestDatabase::create_blocking(), test_redis())),
            Ok(other) => panic!("{STORE} is {other:?}: it must be embedded or postgres"),
        });
        made.as_ref()
    }
}

impl fmt::Debug for DataDir {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("DataDir").field(&self.path()).finish()
    }
}

/// How a program is going to be started: name, arguments, settings, data folder.
#[derive(Clone, Debug)]
pub struct Launch {
    pub(crate) binary: PathBuf,
    args: Vec<OsString>,
    envs: Vec<(String, String)>,
    pub(crate) servers: Vec<&'static str>,
    pub(crate) data: DataDir,
}

impl Launch {
    /// One of ours, found beside the test: `mcp-registry` (as `serve`), `public-api`, `mcp-gateway`.
    pub fn program(name: &str) -> Self {
        let launch = Self::binary(binary::find(name));
        match name {
            "mcp-registry" => launch.arg("serve").waits_for(&[SERVICE, GATEWAY]),
            SERVICE => launch.waits_for(&[SERVICE]),
            GATEWAY => launch.waits_for(&[GATEWAY]),
            _ => launch,
        }
    }

    /// Any executable; nothing is waited for unless [`Launch::waits_for`] says so.
    pub fn binary(path: impl Into<PathBuf>) -> Self {
        let defaults = [
            ("ENVIRONMENT", "development"),
            ("MREG_SERVICE_HOST", "127.0.0.1"),
            ("MREG_SERVICE_PORT", "0"),
            ("MREG_FASTMCP_HOST", "127.0.0.1"),
            ("MREG_FASTMCP_PORT", "0"),
        ];
        Self {
            binary: path.into(),
            args: vec![],
            envs: vec![],
            servers: vec![],
            data: DataDir::new(),
        }
        .envs(&defaults)
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Puts these arguments in the place of all earlier ones (`serve` included).
    #[must_use]
    pub fn only_args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(OsString::from).collect();
        self
    }

    /// Adds settings; a later value of the same name wins over an earlier one and the defaults.
    #[must_use]
    pub fn envs(mut self, envs: &[(&str, &str)]) -> Self {
        self.envs
            .extend(envs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// Shares the data folder of another program, or one that outlives this program.
    #[must_use]
    pub fn data_dir(mut self, data: &DataDir) -> Self {
        self.data = data.clone();
        self
    }

    /// Names the servers whose `listening` line [`Launch::start`] waits for.
    #[must_use]
    pub fn waits_for(mut self, servers: &[&'static str]) -> Self {
        self.servers = servers.to_vec();
        self
    }

    /// Starts the program and waits until each of its servers listens.
    pub async fn start(self) -> Program {
        Program::spawn(self).await
    }

    /// Runs the program to its end: for commands that do one thing.
    pub fn run(&self) -> Output {
        self.command()
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{} does not run: {error}", self.binary.display()))
    }

    /// The command, ready to be spawned.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(&self.args).env_clear();
        for name in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some((database, redis)) = self.data.servers() {
            command
                .env("DATABASE_URL", database.url())
                // Many programs run at once: each takes what it needs.
                .env("MREG_POSTGRES_MIN_CONNECTIONS", "1")
                .env("MREG_POSTGRES_MAX_CONNECTIONS", "8")
                .env("MREG_REDIS_URL", redis.url())
                .env("MREG_REDIS_KEY_PREFIX", redis.prefix());
        }
        command
            .env("MREG_DATA_DIR", self.data.path())
            .envs(self.envs.iter().map(|(name, value)| (name, value)))
            // No `.env` file of the developer may reach a test.
            .current_dir(self.data.path());
        command
    }
}
