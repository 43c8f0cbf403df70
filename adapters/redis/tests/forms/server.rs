//! Redis servers of a test's own, which end with it.

use std::fmt::Debug;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use deadpool_redis::redis::{self, AsyncConnectionConfig, Client, FromRedisValue};

/// How long a fact is waited for: an election takes seconds, on a busy machine many.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// One server, in a folder of its own.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// Starts one with these lines of settings; `kind` is `--sentinel` or nothing.
    pub(crate) fn start(kind: &[&str], settings: &str) -> Self {
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("mcp-registry-redis-{:016x}", random()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("redis.conf");
        let text = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\nsave \"\"\nappendonly no\n{settings}\n",
            folder.display()
        );
        // A Sentinel keeps nothing, and does not know how to say so.
        let text =
            if kind.is_empty() { text } else { text.replace("save \"\"\nappendonly no\n", "") };
        std::fs::write(&file, text).unwrap();
        let child = launch(&file, kind);
        Self { child, folder, port }
    }

    pub(crate) fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it answers to a command; fails while it does not listen yet.
    pub(crate) async fn told<T: FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let client = Client::open(format!("redis://{}", self.addr()))?;
        // A busy machine may take its time: what was said is not to be said again.
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(DEADLINE));
        let mut connection = client.get_multiplexed_async_connection_with_config(&patient).await?;
        let (name, arguments) = command.split_first().unwrap();
        redis::cmd(name).arg(arguments).query_async(&mut connection).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _: io::Result<()> = self.child.kill();
        let _: io::Result<_> = self.child.wait();
        let _: io::Result<()> = std::fs::remove_dir_all(&self.folder);
    }
}

fn launch(file: &Path, kind: &[&str]) -> Child {
    Command::new("redis-server")
        .arg(file)
        .args(kind)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`make test` puts redis-server on the PATH; or: apt-get install redis-server")
}

pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// A port that nobody has right now, below those that the system gives to who asks for any.
fn free_port() -> u16 {
    (0..1_000)
        .map(|_| 10_000 + u16::try_from(random() % 12_000).unwrap())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("there is a free port")
}

/// Tries again until it succeeds.
pub(crate) async fn eventually<T, E: Debug, F>(what: &str, attempt: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, E>>,
{
    let mut last = None;
    let tried = tokio::time::timeout(DEADLINE, async {
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let done = tried.await.ok();
    done.unwrap_or_else(|| panic!("waited for: {what}; last: {last:?}"))
}

/// For tests that are not on a runtime.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}
