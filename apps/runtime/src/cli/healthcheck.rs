//! `healthcheck`: for container runtimes that can only run a command.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Failure, Program, print};
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Arguments {
    /// How long the program may take to answer, in seconds
    #[arg(long, default_value_t = 5)]
    timeout: u64,
}

pub(super) async fn run(
    program: Program,
    arguments: Arguments,
    settings: Settings,
) -> Result<(), Failure> {
    for half in program.serves(&settings) {
        let mut address = settings.address_of(half);
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let asked =
            tokio::time::timeout(Duration::from_secs(arguments.timeout), ask(address)).await;
        let status = asked
            .map_err(|_| format!("{} at {address} does not answer in time", half.as_str()))?
            .map_err(|error| format!("{} at {address} does not answer: {error}", half.as_str()))?;
        if !status.contains(" 200 ") {
            return Err(format!("{} at {address} answers: {status}", half.as_str()).into());
        }
        print(&format!("{} at {address} is alive", half.as_str()))?;
    }
    Ok(())
}

/// The status line of GET /livez. Eight lines of HTTP/1.1 need no client library.
async fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
