//! The floor of the registry's API: bare actix handlers that send the product's SQL statements
//! through a pool of the same kind and size and answer with the same bodies.
//!
//! There is no authentication here (the person's row is read all the same, as the product reads
//! it), no limit, no check of the input, no domain, and nobody is woken by events. What the product
//! loses against it is what all that costs.

mod answer;
mod content;
mod handlers;
mod kept;
mod reads;
mod rows;
mod schema;
mod servers;
mod writes;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use actix_web::{App, HttpServer, web};
use deadpool::managed::QueueMode;
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool,
    },
};

use kept::Kept;

use crate::workers::Listen;

/// What the command line says.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// The database, migrated and with the two people in it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The most connections to it at a time.
    #[arg(long, default_value_t = 20)]
    pool: usize,
    /// The subject of whoever reads and creates.
    #[arg(long)]
    user: String,
    /// The subject of whoever approves.
    #[arg(long)]
    admin: String,
    /// What the addresses in answers begin with.
    #[arg(long, default_value = "http://localhost:8001")]
    gateway_url: String,
    /// A folder with the answers `list` and `find`, as the product gave them, for `/kept/…`.
    #[arg(long)]
    kept: Option<PathBuf>,
    #[command(flatten)]
    listen: Listen,
}

/// What the handlers share.
struct Floor {
    pool: Pool<AsyncPgConnection>,
    user: String,
    admin: String,
    gateway_url: String,
    kept: Kept,
}

/// Listens, tells the address to `ready`, and serves until the process ends.
///
/// # Errors
/// The address is taken, the pool cannot be made, or an answer cannot be read. A database that is away is the requests'
/// trouble.
pub async fn serve(
    settings: Settings,
    ready: impl FnOnce(SocketAddr) -> io::Result<()>,
) -> io::Result<()> {
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::new_with_config(settings.database_url, config);
    let pool = Pool::builder(manager)
        .max_size(settings.pool.max(1))
        .queue_mode(QueueMode::Lifo)
        .build()
        .map_err(io::Error::other)?;
    let floor = web::Data::new(Floor {
        pool,
        user: settings.user,
        admin: settings.admin,
        gateway_url: settings.gateway_url,
        kept: settings.kept.as_deref().map(Kept::read).transpose()?.unwrap_or_default(),
    });
    let listener = TcpListener::bind(settings.listen.listen)?;
    let address = listener.local_addr()?;
    let mut server =
        HttpServer::new(move || App::new().app_data(floor.clone()).configure(handlers::routes));
    if let Some(workers) = settings.listen.workers {
        server = server.workers(workers.max(1));
    }
    let server = server.listen(listener)?.run();
    ready(address)?;
    server.await
}
