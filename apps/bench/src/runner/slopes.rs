//! What one more costs in memory: one more listener who is told nothing, one more server that
//! nobody calls.

mod report;

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

pub use report::{Report, Weight};

use super::{
    Options, Result, many,
    process::{self, Process},
    product::{Person, Product},
    progress::tell,
    wait,
};

/// Listeners at both weighings.
const STREAMS: [u32; 2] = [2_000, 10_000];
/// Servers at each weighing.
const SERVERS: [u32; 3] = [10, 1_000, 10_000];
/// With how many servers listeners are weighed.
const FEW: u32 = 10;
/// How long the process rests before it is weighed.
const REST: Duration = Duration::from_secs(5);
/// A person may have a tenth of all.
const MOST_LISTENERS: (&str, &str) = ("MREG_EVENTS_MAX_SUBSCRIBERS", "100000");
/// What is listened to, and what says that one is listening.
const TOPIC: &str = "/api/v1/events";
const LISTENING: &str = "connection_status";
/// How long it may take until a listener hears that it is one.
const PATIENCE: Duration = Duration::from_mins(1);

/// Weighs the product with few and many listeners, and with few and many servers.
pub fn measure(folder: &Path, options: &Options, server: &str) -> Result<Report> {
    // A short look is at a twentieth of the listeners, and not at the most servers.
    let (part, most) = if options.quick { (20, 2) } else { (1, SERVERS.len()) };
    let streams = STREAMS.map(|count| count / part);
    let servers = SERVERS.iter().take(most);
    let streams = listeners(folder, options, server, streams)?;
    let servers = servers.map(|count| idle(folder, options, server, *count));
    Ok(Report { streams, servers: servers.collect::<Result<_>>()? })
}

/// Adds listeners to one process, and weighs it at each of these counts.
fn listeners(
    folder: &Path,
    options: &Options,
    server: &str,
    counts: [u32; 2],
) -> Result<Vec<Weight>> {
    let database = many::database(folder, options, server, ("slope_streams", FEW))?;
    let product = many::start(folder, options, &database, "streams", &[MOST_LISTENERS])?;
    let person = product.person("bench-admin", "admin")?;
    let (mut open, mut weights) = (vec![], vec![]);
    for count in counts {
        for _ in (0..count).skip(open.len()) {
            open.push(listen(&product, &person)?);
        }
        weights.push(weigh(&product.process, count, "listeners")?);
    }
    Ok(weights)
}

/// A connection on which one listens.
fn listen(product: &Product, person: &Person) -> Result<TcpStream> {
    let (address, token) = (&product.service, &person.token);
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(
        socket,
        "GET {TOPIC} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )?;
    let (mut said, mut piece) = (vec![], [0; 2048]);
    loop {
        let count = socket.read(&mut piece)?;
        said.extend_from_slice(piece.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&said);
        if text.contains(LISTENING) {
            return Ok(socket);
        }
        if count == 0 {
            return Err(format!("nobody may listen: {text}").into());
        }
    }
}

/// Weighs the product with so many servers of which nobody wants anything.
fn idle(folder: &Path, options: &Options, server: &str, count: u32) -> Result<Weight> {
    let purpose = format!("slope_{count}");
    let database = many::database(folder, options, server, (&purpose, count))?;
    let product = many::start(folder, options, &database, &purpose, &[])?;
    weigh(&product.process, count, "servers")
}

fn weigh(process: &Process, count: u32, what: &str) -> Result<Weight> {
    wait::pause(REST);
    let (kib, _) = process::memory_kib(process.pid())?;
    tell(format_args!("{count} {what}: {:.1} MiB", kib / 1024.0));
    Ok(Weight { count, kib })
}
