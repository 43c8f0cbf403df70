//! A listener on a thread of its own, so that a blocking test cannot stall its upstream.

use std::{future::Future, net::SocketAddr, thread, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Handle, Runtime},
};

/// A server that runs until it is stopped or dropped.
pub struct Running {
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Running {
    /// Listens on loopback `port` (0: any) and gives each accepted connection to `serve`.
    pub fn start<F>(port: u16, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("upstream")
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))
            .unwrap_or_else(|error| panic!("port {port} cannot be listened on: {error}"));
        listener.set_nonblocking(true).expect("a socket option");
        let address = listener.local_addr().expect("a listener has an address");
        runtime.spawn(accept(listener, serve));
        Self { address, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and every connection; when this returns, the port is free.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime may not be waited for inside another one: a thread does it.
            let ended = thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(5)));
            ended.join().expect("the upstream's runtime ends");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn accept<F>(listener: std::net::TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::from_std(listener).expect("inside a runtime");
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).expect("a socket option");
        Handle::current().spawn(serve(socket));
    }
}
