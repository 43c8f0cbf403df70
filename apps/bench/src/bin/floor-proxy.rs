//! The floor: a reverse proxy with no policy at all. Per worker one hyper server and one pooled
//! hyper client on the same thread; path, headers and body go through as they came, and stream.

use std::{io::Write, process::ExitCode};

use bench::workers::{self, Listen};
use bytes::Bytes;
use clap::Parser;
use http::{
    Request, Response, StatusCode, Uri, header,
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body_util::{Either, Empty};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::TcpStream;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Upstream = Client<HttpConnector, Incoming>;
type Reply = Response<Either<Incoming, Empty<Bytes>>>;

/// A bare reverse proxy, the floor of load measurements; prints its address.
#[derive(Parser)]
struct Args {
    /// The upstream's address, such as 127.0.0.1:9000.
    #[arg(long)]
    upstream: Authority,
    #[command(flatten)]
    listen: Listen,
}

fn main() -> ExitCode {
    let Args { upstream, listen } = Args::parse();
    let worker = move || {
        let (client, upstream) = (client(), upstream.clone());
        move |socket| serve(socket, client.clone(), upstream.clone())
    };
    let ended = workers::run(listen, |address| writeln!(std::io::stdout(), "{address}"), worker);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "floor-proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn client() -> Upstream {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn serve(socket: TcpStream, client: Upstream, upstream: Authority) {
    let relay = service_fn(|request| relay(request, &client, &upstream));
    // A broken connection ends itself; the load tool counts it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), relay).await;
}

async fn relay(
    request: Request<Incoming>,
    client: &Upstream,
    upstream: &Authority,
) -> Result<Reply, http::Error> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().cloned();
    head.uri = Uri::builder()
        .scheme(Scheme::HTTP)
        .authority(upstream.clone())
        .path_and_query(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
        .build()?;
    // The client names the upstream's host.
    head.headers.remove(header::HOST);
    if let Ok(reply) = client.request(Request::from_parts(head, body)).await {
        return Ok(reply.map(Either::Left));
    }
    Response::builder().status(StatusCode::BAD_GATEWAY).body(Either::Right(Empty::new()))
}
