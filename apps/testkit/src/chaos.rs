//! A TCP proxy that breaks the way to a server when a test says so.
//!
//! ```no_run
//! # async fn example(database: &registry_testkit::TestDatabase) {
//! use registry_testkit::ChaosProxy;
//!
//! let proxy = ChaosProxy::before(&database.address());
//! let url = database.through(&proxy); // the program under test gets this one
//! proxy.stall(); // the server seems to have fallen asleep
//! proxy.cut(); // the server is gone
//! proxy.restore(); // and here it is again
//! # }
//! ```

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::{DEADLINE, upstreams::running::Running};

/// A proxy on a loopback port of its own, which stays the same whatever happens to the connections.
///
/// Its methods may be called from any runtime or none. Dropping it closes the port and every
/// connection.
pub struct ChaosProxy {
    running: Running,
    way: watch::Sender<Way>,
    open: Arc<Open>,
}

/// How the way to the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Free,
    Slow(Duration),
    Stalled,
    Cut,
}

impl ChaosProxy {
    /// Forwards to `server` (`host:port`), and lets everything through to begin with.
    pub fn before(server: &str) -> Self {
        let (way, ours) = watch::channel(Way::Free);
        let open = Arc::new(Open::default());
        let (server, counted) = (Arc::<str>::from(server), open.clone());
        let running = Running::start(0, move |client| {
            carry(client, server.clone(), ours.clone(), counted.clone())
        });
        Self { running, way, open }
    }

    /// Closes every connection, on both sides, and each new one at once. When this returns, the old
    /// ones are closed.
    pub fn cut(&self) {
        self.way.send_replace(Way::Cut);
        self.open.wait_until_none();
    }

    /// Keeps all connections open and accepts new ones, but forwards nothing that is sent from now
    /// on, not even an end. After [`ChaosProxy::restore`] it arrives, unless it was cut before.
    pub fn stall(&self) {
        self.way.send_replace(Way::Stalled);
    }

    /// Lets each piece through only after this time.
    pub fn slow(&self, each: Duration) {
        self.way.send_replace(Way::Slow(each));
    }

    /// Lets everything through again.
    pub fn restore(&self) {
        self.way.send_replace(Way::Free);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// How many connections go through it now.
    pub fn connections(&self) -> usize {
        *self.open.count.lock()
    }
}

/// The connections that are being carried.
#[derive(Default)]
struct Open {
    count: Mutex<usize>,
    fewer: Condvar,
}

impl Open {
    fn wait_until_none(&self) {
        let mut count = self.count.lock();
        let waited = self.fewer.wait_while_for(&mut count, |count| *count > 0, DEADLINE);
        assert!(!waited.timed_out(), "{count} connections are still open");
    }
}

/// One connection of [`Open`]; it is counted before it looks at the way, so that none is missed.
struct Counted(Arc<Open>);

impl Counted {
    fn new(open: Arc<Open>) -> Self {
        *open.count.lock() += 1;
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        *self.0.count.lock() -= 1;
        self.0.fewer.notify_all();
    }
}

/// Carries one connection until either side ends it or the way is cut.
async fn carry(client: TcpStream, server: Arc<str>, way: watch::Receiver<Way>, open: Arc<Open>) {
    let _counted = Counted::new(open);
    let mut cut = way.clone();
    // The sockets belong to the future that is dropped first: they are closed before the count.
    tokio::select! {
        biased;
        _ = cut.wait_for(|way| *way == Way::Cut) => {}
        // What broke tells itself to both sides: their sockets close.
        _ = forward(client, &server, way) => {}
    }
}

async fn forward(client: TcpStream, server: &str, way: watch::Receiver<Way>) -> io::Result<()> {
    pass(&mut way.clone()).await?;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(pump(from_client, to_server, way.clone()), pump(from_server, to_client, way),)?;
    Ok(())
}

/// Copies one direction, each piece when the way is free, its end too.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        pass(&mut way).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(buffer.get(..count).unwrap_or_default()).await?;
    }
}

/// Waits until the way is passable; an error when the proxy is gone.
async fn pass(way: &mut watch::Receiver<Way>) -> io::Result<()> {
    let open = |way: &Way| matches!(way, Way::Free | Way::Slow(_));
    let now = *way.wait_for(open).await.map_err(io::Error::other)?;
    if let Way::Slow(each) = now {
        tokio::time::sleep(each).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// A server that sends back what it gets, and its own end after the client's.
    fn echo() -> Running {
        Running::start(0, async |socket: TcpStream| {
            let (mut from, mut to) = socket.into_split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        })
    }

    async fn client(proxy: &ChaosProxy) -> TcpStream {
        TcpStream::connect(proxy.address()).await.unwrap()
    }

    async fn exchange(socket: &mut TcpStream, text: &str) -> io::Result<String> {
        socket.write_all(text.as_bytes()).await?;
        let mut answer = vec![0; text.len()];
        timeout(DEADLINE, socket.read_exact(&mut answer)).await.expect("an answer or an end")?;
        Ok(String::from_utf8(answer).unwrap())
    }

    /// The socket's end: no bytes, or a reset.
    async fn ended(socket: &mut TcpStream) -> bool {
        let read = timeout(DEADLINE, socket.read(&mut [0; 1])).await.expect("an end");
        read.map_or(true, |count| count == 0)
    }

    #[tokio::test]
    async fn it_forwards_both_ways_and_passes_on_an_end() {
        let server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        let mut socket = client(&proxy).await;
        assert_eq!(exchange(&mut socket, "hello").await.unwrap(), "hello");
        let long = "x".repeat(1 << 20);
        let (mut from, mut to) = socket.into_split();
        let ((), back) = tokio::join!(
            async {
                to.write_all(long.as_bytes()).await.unwrap();
                to.shutdown().await.unwrap();
            },
            async {
                let mut back = String::new();
                from.read_to_string(&mut back).await.unwrap();
                back
            }
        );
        assert_eq!(back, long);
        crate::eventually("nothing is carried any more", async || {
            (proxy.connections() == 0).then_some(())
        })
        .await;
    }

    #[tokio::test]
    async fn cutting_closes_old_and_new_connections_until_it_is_restored() {
        let server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        let (mut one, mut two) = (client(&proxy).await, client(&proxy).await);
        exchange(&mut one, "one").await.unwrap();
        exchange(&mut two, "two").await.unwrap();
        proxy.cut();
        assert_eq!(proxy.connections(), 0);
        assert!(ended(&mut one).await && ended(&mut two).await);
        assert!(ended(&mut client(&proxy).await).await);
        proxy.restore();
        assert_eq!(exchange(&mut client(&proxy).await, "again").await.unwrap(), "again");
    }

    #[tokio::test]
    async fn stalling_holds_everything_back_and_loses_nothing() {
        let server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        let mut socket = client(&proxy).await;
        exchange(&mut socket, "before").await.unwrap();
        proxy.stall();
        socket.write_all(b"during").await.unwrap();
        let mut late = client(&proxy).await;
        late.write_all(b"late").await.unwrap();
        let mut answer = [0; 6];
        // That nothing comes can only be seen by waiting a little: silence, not speed, is asserted.
        let silence = timeout(Duration::from_millis(200), socket.read(&mut answer)).await;
        assert!(silence.is_err(), "{silence:?}");
        proxy.restore();
        timeout(DEADLINE, socket.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(&answer, b"during");
        timeout(DEADLINE, late.read_exact(&mut answer[..4])).await.unwrap().unwrap();
        assert_eq!(&answer[..4], b"late");
    }

    #[tokio::test]
    async fn a_slow_way_loses_nothing() {
        let server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        proxy.slow(Duration::from_millis(1));
        assert_eq!(exchange(&mut client(&proxy).await, "late").await.unwrap(), "late");
    }

    #[tokio::test]
    async fn a_stalled_connection_can_be_cut() {
        let server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        let mut socket = client(&proxy).await;
        exchange(&mut socket, "before").await.unwrap();
        proxy.stall();
        socket.write_all(b"during").await.unwrap();
        proxy.cut();
        proxy.restore();
        assert!(ended(&mut socket).await);
    }

    #[tokio::test]
    async fn an_absent_server_ends_the_connection() {
        let mut server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        server.stop();
        assert!(ended(&mut client(&proxy).await).await);
    }

    #[tokio::test]
    async fn dropping_it_closes_the_port_and_every_connection() {
        let server = echo();
        let proxy = ChaosProxy::before(&server.address().to_string());
        let mut socket = client(&proxy).await;
        exchange(&mut socket, "before").await.unwrap();
        let address = proxy.address();
        drop(proxy);
        assert!(ended(&mut socket).await);
        assert!(TcpStream::connect(address).await.is_err());
    }
}
