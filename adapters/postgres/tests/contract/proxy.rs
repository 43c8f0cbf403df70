//! Stands between the store and its server, and breaks what passes.

use std::io;
use std::sync::Arc;

use libtest_mimic::Failed;
use parking_lot::Mutex;
use registry_postgres::{PgAddress, PgOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use url::Url;

use crate::cluster::Database;

/// What the proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Lets everything pass.
    Pass,
    /// Lets the next COMMIT pass, but not its answer: both ends are cut off. Then as `Pass`.
    CutAfterCommit,
    /// Keeps the next COMMIT, and cuts both ends off. Then as `Pass`.
    CutAtCommit,
    /// Swallows whatever comes from the server.
    Stall,
}

/// A proxy in front of a database's server.
pub(crate) struct Proxy {
    mode: Arc<Mutex<Mode>>,
    port: u16,
}

impl Proxy {
    /// A proxy that lets everything pass.
    pub(crate) async fn before(database: &Database) -> Result<Self, Failed> {
        let url: Url = database.url()?.parse()?;
        let server =
            format!("{}:{}", url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let mode = Arc::new(Mutex::new(Mode::Pass));
        let seen = Arc::clone(&mode);
        Handle::current().spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, mode) = (server.clone(), Arc::clone(&seen));
                Handle::current().spawn(async move {
                    let server = TcpStream::connect(server).await?;
                    relay(client, server, mode).await
                });
            }
        });
        Ok(Self { mode, port })
    }

    /// Changes what it does.
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock() = mode;
    }

    /// What it does now.
    pub(crate) fn mode(&self) -> Mode {
        *self.mode.lock()
    }

    /// Options for a store that goes through it.
    pub(crate) fn options(&self, database: &Database) -> Result<PgOptions, Failed> {
        let mut url: Url = database.url()?.parse()?;
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(self.port)).map_err(|()| "no port")?;
        url.set_query(Some("sslmode=disable"));
        Ok(PgOptions::for_testing(PgAddress::parse(url.as_str())?))
    }
}

async fn relay(client: TcpStream, server: TcpStream, mode: Arc<Mutex<Mode>>) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let mut buffer = vec![0; 65536];
        loop {
            let length = from_client.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            let sent = buffer.get(..length).unwrap_or_default();
            let is_commit = sent.windows(7).any(|window| window == b"COMMIT\0");
            let now = *mode.lock();
            match (now, is_commit) {
                (Mode::CutAfterCommit | Mode::CutAtCommit, true) => {
                    *mode.lock() = Mode::Pass;
                    if now == Mode::CutAfterCommit {
                        to_server.write_all(sent).await?;
                    }
                    return Ok(());
                }
                _ => to_server.write_all(sent).await?,
            }
        }
    };
    let down = async {
        let mut buffer = vec![0; 65536];
        loop {
            let length = from_server.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            if *mode.lock() != Mode::Stall {
                to_client.write_all(buffer.get(..length).unwrap_or_default()).await?;
            }
        }
    };
    tokio::select! {
        done = up => done,
        done = down => done,
    }
}
