//! Serving: from bound sockets to a graceful end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::Server;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use crate::boot::Runtime;
use crate::{doors, jobs};

/// Which server a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The public API, port 8000.
    PublicApi,
    /// The MCP gateway, port 8001.
    Gateway,
}

impl Half {
    /// The half's name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublicApi => "public-api",
            Self::Gateway => "mcp-gateway",
        }
    }
}

/// A server that runs.
pub struct Running {
    /// Which it is.
    pub half: Half,
    /// Where it listens.
    pub address: SocketAddr,
    /// The socket that it listens on, a second time: so that it can be closed before the server ends.
    pub door: TcpListener,
    /// Its end, for whatever reason.
    pub server: Server,
}

/// How long operation records may take to reach the store at the end.
const LAST_COPY_WITHIN: Duration = Duration::from_secs(5);

/// Runs servers until one of them ends or the process is told to stop: then the requests in
/// flight complete, what waits in the spool is copied, and everything that was begun is finished.
///
/// # Errors
/// The system's own, when a server ends with one or signals cannot be listened to.
pub(crate) async fn run(
    runtime: &Runtime,
    servers: Vec<Running>,
    metrics: Option<(SocketAddr, Server)>,
) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let jobs = jobs::start(runtime);

    let (mut handles, mut doors) = (Vec::new(), Vec::new());
    let mut ends = JoinSet::new();
    let named = servers.into_iter().map(|Running { half, address, door, server }| {
        doors.push((server.handle(), door));
        (half.as_str(), address, server)
    });
    let named: Vec<_> = named.collect();
    let metrics = metrics.into_iter().map(|(address, server)| ("metrics", address, server));
    for (name, address, server) in named.into_iter().chain(metrics) {
        tracing::info!(server = name, %address, "listening");
        handles.push(server.handle());
        ends.spawn(server);
    }

    let first_end = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        ended = ends.join_next() => ended,
    };
    if first_end.is_none() {
        drain(runtime, (&mut terminate, &mut interrupt)).await;
        // Where nobody is sent elsewhere meanwhile, nothing is gained by it.
        if !runtime.settings.service.drain.is_zero() {
            doors::close(doors).await;
        }
    }
    tracing::info!("stopping: requests in flight complete first");
    // Live clients listen for as long as they are let: they are let go first.
    runtime.live.hub.stop();
    runtime.calls.routes.let_go();
    let stops = handles.iter().map(|handle| handle.stop(true));
    tokio::select! {
        _ = futures_util::future::join_all(stops) => {}
        _ = terminate.recv() => tracing::warn!("told to stop again: requests in flight are given up"),
        _ = interrupt.recv() => tracing::warn!("told to stop again: requests in flight are given up"),
    }
    jobs.stop().await;
    let last = async {
        jobs::copy_operations_once(runtime).await;
        jobs::seal_own_once(runtime).await;
    };
    if tokio::time::timeout(LAST_COPY_WITHIN, last).await.is_err() {
        tracing::warn!("operation records stay in the spool; the next start copies them");
    }
    runtime.finish().await;
    tracing::info!("stopped: the database pool is closed");
    match first_end {
        Some(Ok(Err(error))) => Err(error),
        _ => Ok(()),
    }
}

/// Goes on answering for a while, as not ready, so that load balancers send nothing more here before
/// the sockets close. Told to stop again, it stops.
async fn drain(runtime: &Runtime, (terminate, interrupt): (&mut Signal, &mut Signal)) {
    let within = runtime.settings.service.drain;
    runtime.draining.begin();
    if within.is_zero() {
        return;
    }
    tracing::info!(seconds = within.as_secs(), "draining: not ready any more, and still answering");
    tokio::select! {
        () = tokio::time::sleep(within) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
