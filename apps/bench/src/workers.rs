//! Workers as actix has them: one accepting thread deals connections out to single-threaded
//! runtimes in turn, so that the programs compared differ in their work and not in their shape.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    thread,
};

use tokio::{net::TcpStream, runtime::Builder, sync::mpsc, task::LocalSet};

/// What the command line says: where to listen and with how many workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct Listen {
    /// Address to listen on; port 0 for any (it is printed).
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Number of workers; as many as there are cores when not given.
    #[arg(long)]
    pub workers: Option<usize>,
}

/// Listens, tells the address to `ready`, and serves until the process ends: `worker` makes one
/// server per worker thread, which is given that worker's connections.
///
/// # Errors
/// The address is taken, or a worker's runtime cannot be built.
pub fn run<S, F>(
    listen: Listen,
    ready: impl FnOnce(SocketAddr) -> io::Result<()>,
    worker: impl Fn() -> S + Clone + Send + 'static,
) -> io::Result<()>
where
    S: Fn(TcpStream) -> F + 'static,
    F: Future<Output = ()> + 'static,
{
    let listener = TcpListener::bind(listen.listen)?;
    let count = match listen.workers {
        Some(count) => count.max(1),
        None => thread::available_parallelism()?.get(),
    };
    let mut workers = vec![];
    for _ in 0..count {
        let (give, take) = mpsc::unbounded_channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let worker = worker.clone();
        thread::spawn(move || LocalSet::new().block_on(&runtime, serve(take, worker())));
        workers.push(give);
    }
    ready(listener.local_addr()?)?;
    for worker in workers.iter().cycle() {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        worker.send(socket).map_err(|_| io::Error::other("a worker ended"))?;
    }
    Ok(())
}

async fn serve<F>(
    mut connections: mpsc::UnboundedReceiver<std::net::TcpStream>,
    server: impl Fn(TcpStream) -> F + 'static,
) where
    F: Future<Output = ()> + 'static,
{
    let server = Rc::new(server);
    while let Some(socket) = connections.recv().await {
        if let Ok(socket) = TcpStream::from_std(socket) {
            let server = server.clone();
            tokio::task::spawn_local(async move { server(socket).await });
        }
    }
}
