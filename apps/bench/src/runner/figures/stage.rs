//! The product on a database with the servers that the rows speak of, and what it calls.

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::runner::{
    Options, Result,
    database::Database,
    http::{self, Answer},
    many,
    process::Process,
    product::{Person, Product},
};

/// "100+ servers" of the row about lists.
pub const SERVERS: u32 = 150;

/// Everything that runs.
pub struct Stage {
    pub product: Product,
    pub admin: Person,
    /// The address of the echo server.
    pub echo: Process,
    /// An upstream that takes connections and never answers.
    hole: TcpListener,
    /// Dropped after the product, which is connected to it.
    _database: Database,
}

impl Stage {
    /// Makes the database and starts the programs.
    pub fn set(folder: &Path, options: &Options, server: &str) -> Result<Self> {
        let hole = TcpListener::bind("127.0.0.1:0")?;
        let database = many::database(folder, options, server, ("figures", SERVERS))?;
        let echo = Process::spawn_printing_address(folder, "echo-upstream", &[], &[])?;
        // What is kept would be measured in its place.
        let settings = [("MREG_CACHE_RESPONSE_TTL", "0")];
        let product = many::start(folder, options, &database, "figures", &settings)?;
        let admin = product.person("bench-admin", "admin")?;
        Ok(Self { product, admin, echo, hole, _database: database })
    }

    /// The address of the upstream that never answers.
    pub fn hole(&self) -> Result<String> {
        Ok(format!("http://{}", self.hole.local_addr()?))
    }

    /// A path of the upstream that answers.
    pub fn echo_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.echo.address())
    }

    /// One exchange on port 8000 with a connection of its own, and how many milliseconds it took.
    pub fn timed(&self, method: &str, path: &str, body: &Value) -> Result<(Answer, f64)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = self.admin.headers();
        let started = Instant::now();
        let answer = http::exchange(method, &self.product.service, path, &headers, &body)?;
        Ok((answer, ms(started.elapsed())))
    }

    /// The same for an answer that has to be a success.
    pub fn timed_success(&self, method: &str, path: &str, body: &Value) -> Result<(Value, f64)> {
        let (answer, took) = self.timed(method, path, body)?;
        Ok((answer.success(&format!("{method} {path}"))?, took))
    }
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
