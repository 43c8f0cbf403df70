//! A long run with clients that come, go, hang and misbehave: what is held must not grow.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use registry_testkit::{Api, Scrape};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    client::{PATIENCE, get, said},
    options::SoakOptions,
    say,
    scene::{Scene, Tenant, endpoint},
    table::{Table, Verdict},
    vitals::Vitals,
};

/// Before this part of the time has passed, caches and pools fill: it is not looked at.
const WARM_UP: f64 = 0.3;
/// Looks per run.
const LOOKS: u32 = 100;
/// What may come with the noise of a run: of memory in MiB, of everything else in pieces.
const MEMORY_ROOM: f64 = 24.0;
const ROOM: f64 = 12.0;

/// One look at what the program holds.
struct Look {
    minutes: f64,
    values: [f64; 4],
}

/// What is looked at, and how much it may have grown from the first to the last look, as the line
/// through all of them says.
const HELD: [(&str, f64); 4] = [
    ("memory, MiB", MEMORY_ROOM),
    ("descriptors", ROOM),
    ("threads", ROOM),
    ("calls under way", ROOM),
];

/// Loads for as long as the options say; whether nothing grew.
pub async fn run(options: &SoakOptions) -> bool {
    let scene = Scene::embedded(&[]).await;
    let (over, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
    let mut clients = JoinSet::new();
    for tenant in &scene.tenants {
        let gateway = scene.gateway(&tenant.token);
        for kind in [Kind::Stays, Kind::Stays, Kind::Comes, Kind::Leaves, Kind::Listens] {
            let (gateway, tenant) = (gateway.clone(), tenant.clone());
            clients.spawn(calls(kind, gateway, tenant, Arc::clone(&over), Arc::clone(&answered)));
        }
    }
    let ports = [scene.program.service_port(), scene.program.gateway_port()];
    for port in ports {
        clients.spawn(misbehaves(port, Arc::clone(&over)));
    }

    let time = Duration::from_secs(options.seconds);
    let (began, metrics) = (Instant::now(), Api::service(&scene.program));
    let mut looks = Vec::new();
    while began.elapsed() < time {
        tokio::time::sleep(time / LOOKS).await;
        if began.elapsed() > time.mul_f64(WARM_UP) {
            looks.push(look(&scene, &metrics, began).await);
        }
    }
    over.store(true, Ordering::Relaxed);
    while clients.join_next().await.is_some() {}
    verdict(&looks, answered.load(Ordering::Relaxed))
}

/// What a client is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Calls on one connection.
    Stays,
    /// Makes a connection for each call.
    Comes,
    /// Goes away before its call has ended.
    Leaves,
    /// Listens for a while and reads nothing.
    Listens,
}

async fn calls(
    kind: Kind,
    gateway: Api,
    tenant: Tenant,
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
) {
    let path = endpoint(tenant.alias);
    while !over.load(Ordering::Relaxed) {
        match kind {
            Kind::Stays | Kind::Comes => {
                let fresh = gateway.clone().with_header("connection", "close");
                let api = if kind == Kind::Comes { &fresh } else { &gateway };
                let arguments = json!({ "text": tenant.mark });
                let answer = api.try_call_tool(&path, "echo", arguments, PATIENCE).await;
                if answer.as_ref().is_ok_and(|answer| said(answer).is_some()) {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
            Kind::Leaves => {
                // It does not wait as long as the server takes.
                let within = Duration::from_millis(30);
                let left = gateway.try_call_tool(&path, "slow", json!({ "ms": 10_000 }), within);
                let _ = left.await;
            }
            Kind::Listens => {
                let request = Request::new(Bytes::new());
                let feed = gateway.open("/api/v1/events", request).await;
                tokio::time::sleep(Duration::from_millis(500)).await;
                drop(feed);
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Sends what no client should, half of it, or nothing at all.
async fn misbehaves(port: u16, over: Arc<AtomicBool>) {
    const SAID: [&[u8]; 5] = [
        b"",
        b"POST /mcp HTTP/1.1\r\nhost: x\r\nauthor",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no TLS here",
        b"POST /mcp HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{",
        b"GET /registrations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer no.good.token\r\n\r\n",
    ];
    while !over.load(Ordering::Relaxed) {
        let mut open = Vec::new();
        for said in SAID {
            if let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)).await {
                let _ = socket.write_all(said).await;
                open.push(socket);
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        for mut socket in open {
            let mut some = [0; 64];
            let _ = tokio::time::timeout(Duration::from_millis(10), socket.read(&mut some)).await;
        }
    }
}

async fn look(scene: &Scene, metrics: &Api, began: Instant) -> Look {
    let vitals = Vitals::of(scene.program.pid());
    let page = get(metrics, "/metrics", PATIENCE).await.map(|answer| answer.text());
    let active =
        page.map_or(0.0, |page| Scrape::parse(&page).sum("mcp_registry_active_exchanges", &[]));
    Look {
        minutes: began.elapsed().as_secs_f64() / 60.0,
        values: [
            f64::from(vitals.rss_kib) / 1024.0,
            f64::from(vitals.fds),
            f64::from(vitals.threads),
            active,
        ],
    }
}

fn verdict(looks: &[Look], answered: u64) -> bool {
    say::progress(&format!("{answered} calls were answered"));
    let minutes = |look: Option<&Look>| look.map_or(0.0, |look| look.minutes);
    let lasted = minutes(looks.last()) - minutes(looks.first());
    let mut table = Table::new(&["held", "at the end", "per minute", "did not grow"]);
    for (which, (name, room)) in HELD.into_iter().enumerate() {
        let of = |look: &Look| look.values.get(which).copied().unwrap_or(0.0);
        let points: Vec<(f64, f64)> = looks.iter().map(|look| (look.minutes, of(look))).collect();
        let slope = slope(&points);
        let grew: Verdict = if slope * lasted <= room {
            Ok(String::new())
        } else {
            Err(format!("by {:.1} in {lasted:.1} min", slope * lasted))
        };
        let last = looks.last().map_or(0.0, of);
        table.add(name, vec![Ok(format!("{last:.0}")), Ok(format!("{slope:+.2}")), grew]);
    }
    let calls = if answered > 0 { Ok(answered.to_string()) } else { Err("none".to_owned()) };
    table.add("calls answered", vec![calls]);
    table.print()
}

/// The slope of the straight line that fits best.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX)).max(1.0);
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let both: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    if along > 0.0 { both / along } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line() {
        assert!((slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) - 2.0).abs() < 1e-9);
        assert!(slope(&[(0.0, 4.0), (1.0, 4.0)]).abs() < 1e-9);
        assert!(slope(&[]).abs() < 1e-9);
    }
}
