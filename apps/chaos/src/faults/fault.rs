//! The faults: what each breaks, and what `/health` has to say of it.

use std::time::{Duration, Instant};

use registry_testkit::ChaosProxy;
use tokio::net::TcpStream;

use crate::{
    scene::{Outside, Scene},
    vitals::{Vitals, limit, most_files},
};

/// How a way is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// Connections are closed, and each new one at once.
    Cut,
    /// Connections stay, and nothing is heard on them.
    Stall,
    /// Each piece is late.
    Slow,
}

/// What the program stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Postgres,
    Redis,
    Entra,
    Upstream,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: what the others are compared with.
    None,
    /// The way to something.
    Way(Ground, Breach),
    /// A table is locked: every connection of the pool waits.
    Pool,
    /// No file may grow any more, as on a full disk.
    Full,
    /// There are no file descriptors left, and many who connect.
    Files,
    /// The program is killed (SIGKILL), and started again.
    Killed,
}

/// What `/health` of the REST API has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// That all is well, all the time.
    Well,
    /// `unhealthy` with 503, soon.
    Down,
    /// `degraded` with 200, soon.
    Degraded,
    /// Anything, but in time.
    Anything,
    /// Nothing, for as long as nobody is there.
    Nothing,
}

/// A piece that takes so much longer is slow, and no timeout of the product.
const LATE: Duration = Duration::from_millis(100);
/// What a file may have while none may grow: less than the store's has.
const FULL_BYTES: u64 = 16 * 1024;
/// So many connect while there are no descriptors.
const CROWD: usize = 64;

const fn way(ground: Ground, breach: Breach) -> Fault {
    Fault::Way(ground, breach)
}

/// What can happen outside.
pub const OUTSIDE: &[Fault] = &[
    way(Ground::Postgres, Breach::Cut),
    way(Ground::Postgres, Breach::Stall),
    way(Ground::Postgres, Breach::Slow),
    Fault::Pool,
    way(Ground::Redis, Breach::Cut),
    way(Ground::Redis, Breach::Stall),
    way(Ground::Redis, Breach::Slow),
    way(Ground::Entra, Breach::Cut),
    way(Ground::Entra, Breach::Stall),
    way(Ground::Entra, Breach::Slow),
    way(Ground::Upstream, Breach::Cut),
    way(Ground::Upstream, Breach::Stall),
    way(Ground::Upstream, Breach::Slow),
    Fault::Killed,
];

/// What can happen on one machine.
pub const WITHIN: &[Fault] =
    &[Fault::Full, Fault::Files, way(Ground::Upstream, Breach::Cut), Fault::Killed];

impl Fault {
    /// What it is called in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pool => "postgres locked, pool used up",
            Self::Full => "store full",
            Self::Files => "no file descriptors",
            Self::Killed => "killed",
            Self::Way(ground, breach) => match (ground, breach) {
                (Ground::Postgres, Breach::Cut) => "postgres cut",
                (Ground::Postgres, Breach::Stall) => "postgres silent",
                (Ground::Postgres, Breach::Slow) => "postgres slow",
                (Ground::Redis, Breach::Cut) => "redis cut",
                (Ground::Redis, Breach::Stall) => "redis silent",
                (Ground::Redis, Breach::Slow) => "redis slow",
                (Ground::Entra, Breach::Cut) => "identity provider cut",
                (Ground::Entra, Breach::Stall) => "identity provider silent",
                (Ground::Entra, Breach::Slow) => "identity provider slow",
                (Ground::Upstream, Breach::Cut) => "upstream cut",
                (Ground::Upstream, Breach::Stall) => "upstream silent",
                (Ground::Upstream, Breach::Slow) => "upstream slow",
            },
        }
    }

    /// What `/health` has to say while it lasts.
    pub const fn expected(self) -> Expected {
        match self {
            Self::Way(Ground::Postgres, Breach::Cut | Breach::Stall) => Expected::Down,
            Self::Way(Ground::Redis, Breach::Cut | Breach::Stall) => Expected::Degraded,
            Self::None | Self::Way(Ground::Entra | Ground::Upstream, _) => Expected::Well,
            Self::Way(_, Breach::Slow) | Self::Pool | Self::Full | Self::Files => {
                Expected::Anything
            }
            Self::Killed => Expected::Nothing,
        }
    }

    /// Begins, lasts and ends it; when it ended.
    pub async fn lasts(self, scene: &mut Scene, time: Duration) -> Instant {
        let pid = scene.program.pid();
        match self {
            Self::None => tokio::time::sleep(time).await,
            Self::Way(ground, breach) => {
                let proxy = proxy(scene, ground);
                match breach {
                    Breach::Cut => proxy.cut(),
                    Breach::Stall => proxy.stall(),
                    Breach::Slow => proxy.slow(LATE),
                }
                tokio::time::sleep(time).await;
                proxy.restore();
            }
            Self::Pool => {
                let lock = "BEGIN; LOCK TABLE registrations IN ACCESS EXCLUSIVE MODE";
                let seconds = time.as_secs();
                let sql = format!("{lock}; SELECT pg_sleep({seconds}); COMMIT");
                outside(scene).database.run(&sql).await;
            }
            Self::Full => {
                limit(pid, "fsize", Some(FULL_BYTES));
                tokio::time::sleep(time).await;
                limit(pid, "fsize", None);
            }
            Self::Files => {
                limit(pid, "nofile", Some(u64::from(Vitals::of(pid).fds) + 2));
                let port = scene.program.service_port();
                let mut crowd = Vec::new();
                for _ in 0..CROWD {
                    crowd.extend(TcpStream::connect(("127.0.0.1", port)).await.ok());
                }
                tokio::time::sleep(time).await;
                drop(crowd);
                limit(pid, "nofile", Some(most_files(pid)));
            }
            Self::Killed => {
                scene.program.kill();
                tokio::time::sleep(time).await;
                scene.program = scene.program.start_again().await;
            }
        }
        Instant::now()
    }
}

fn proxy(scene: &Scene, ground: Ground) -> &ChaosProxy {
    match ground {
        Ground::Postgres => &outside(scene).to_postgres,
        Ground::Redis => &outside(scene).to_redis,
        Ground::Entra => &outside(scene).to_entra,
        Ground::Upstream => &scene.to_upstream,
    }
}

fn outside(scene: &Scene) -> &Outside {
    scene.outside.as_ref().expect("this fault is tried where there is something outside")
}
