//! A plain TCP load balancer: round robin, and the next one when a connect is refused.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{io::copy_bidirectional, net::TcpStream};

use crate::upstreams::running::Running;

/// The balancer, on a loopback port of its own; dropping it closes the port and every connection.
///
/// It knows nothing of HTTP and asks nobody whether they are ready.
pub struct Balancer {
    running: Running,
    servers: Arc<Servers>,
}

#[derive(Default)]
struct Servers {
    ports: Mutex<Vec<u16>>,
    next: AtomicUsize,
}

impl Balancer {
    /// Before the servers on these ports, on any port.
    pub fn before(ports: &[u16]) -> Self {
        Self::on(0, ports)
    }

    /// The same on a port of one's own.
    pub fn on(port: u16, ports: &[u16]) -> Self {
        let servers = Arc::new(Servers::default());
        ports.clone_into(&mut servers.ports.lock());
        let ours = Arc::clone(&servers);
        let running = Running::start(port, move |client| {
            let servers = Arc::clone(&ours);
            async move {
                // What broke tells itself to both sides: their sockets close.
                let _ = carry(client, &servers).await;
            }
        });
        Self { running, servers }
    }

    /// From now on it is before the servers on these ports; connections stay where they are.
    pub fn set(&self, ports: &[u16]) {
        ports.clone_into(&mut self.servers.ports.lock());
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// Its base, such as `http://127.0.0.1:54321`.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }
}

async fn carry(mut client: TcpStream, servers: &Servers) -> io::Result<()> {
    let ports = servers.ports.lock().clone();
    let first = servers.next.fetch_add(1, Ordering::Relaxed);
    for port in (0..ports.len()).filter_map(|step| ports.get((first + step) % ports.len())) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        if let Ok(mut server) = TcpStream::connect(address).await {
            server.set_nodelay(true)?;
            copy_bidirectional(&mut client, &mut server).await?;
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server that says its name and ends.
    fn named(name: &'static str) -> Running {
        Running::start(0, async move |mut socket: TcpStream| {
            let _ = socket.write_all(name.as_bytes()).await;
        })
    }

    async fn who(balancer: &Balancer) -> String {
        let mut name = String::new();
        let mut socket = TcpStream::connect(("127.0.0.1", balancer.port())).await.unwrap();
        socket.read_to_string(&mut name).await.unwrap();
        name
    }

    #[tokio::test]
    async fn it_goes_round_and_past_one_that_is_gone() {
        let (mut one, two) = (named("one"), named("two"));
        let ports = [one.address().port(), two.address().port()];
        let balancer = Balancer::before(&ports);
        assert_eq!([who(&balancer).await, who(&balancer).await], ["one", "two"]);
        one.stop();
        assert_eq!([who(&balancer).await, who(&balancer).await], ["two", "two"]);
        balancer.set(&[]);
        assert_eq!(who(&balancer).await, "");
    }
}
