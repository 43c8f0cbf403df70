//! A TCP proxy that cuts, stalls and restores what goes through it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// They stand, and nothing arrives.
    Stalled,
    /// They end, and new ones end at once.
    Cut,
}

/// Ends with all its connections when it is dropped.
pub(crate) struct Proxy {
    pub(crate) addr: SocketAddr,
    line: Arc<watch::Sender<Line>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn before(upstream: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let line = Arc::new(watch::Sender::new(Line::Open));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, upstream, line.subscribe()));
        Self { addr, line, _tasks: tasks }
    }

    pub(crate) fn cut(&self) {
        self.line.send_replace(Line::Cut);
    }

    pub(crate) fn stall(&self) {
        self.line.send_replace(Line::Stalled);
    }

    pub(crate) fn restore(&self) {
        self.line.send_replace(Line::Open);
    }
}

async fn accept(listener: TcpListener, upstream: String, line: watch::Receiver<Line>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (upstream, line) = (upstream.clone(), line.clone());
        connections.spawn(async move {
            let mut cut = line.clone();
            tokio::select! {
                _ = cut.wait_for(|line| *line == Line::Cut) => {}
                () = carry(client, upstream, line) => {}
            }
        });
    }
}

async fn carry(client: TcpStream, upstream: String, line: watch::Receiver<Line>) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    tokio::select! {
        () = pump(client_in, server_out, line.clone()) => {}
        () = pump(server_in, client_out, line) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if line.wait_for(|line| *line != Line::Stalled).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
