//! R248: throughput; R249: memory after it; R250: processor time under a normal load; R251: many
//! clients at once.

use std::{
    fmt::Write as _,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{figure::Figure, stage::Stage};
use crate::runner::{Options, Result, http, many, payload::Payload, process, wait, wrk};

/// Clients of the loads that ask for throughput.
const CONNECTIONS: u32 = 64;
/// Clients of the row about many of them.
const MANY_CLIENTS: u32 = 500;
/// Requests per second that are called normal, and by how many clients.
const NORMAL: u32 = 100;
const NORMAL_CLIENTS: u32 = 4;
/// How long the normal load and the one of many clients last at most: they find nothing else when
/// they last longer.
const SHORT_SECONDS: u32 = 20;

const LIST: &str = "/api/v1/servers?limit=20";
const DOOR: &str = "/servers/sustained/mcp";

/// All of them, in this order.
pub fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let url = stage.echo_url("/mcp?sustained");
    many::register(&stage.product, &stage.admin, "sustained", &url)?;
    let echoed = || {
        let payload = Payload::new(1);
        let headers = Payload::headers(Some(&stage.admin.token));
        let answer = http::exchange("POST", &stage.product.gateway, DOOR, &headers, &payload.body)?;
        Ok((answer.status == 200).then_some(()))
    };
    wait::until("the echo server is callable", Duration::from_millis(5), echoed)?;
    let mut figures = vec![];
    for kind in [Kind::Health, Kind::List, Kind::Call] {
        figures.push(throughput(stage, kind, options.load_seconds())?);
    }
    figures.push(memory(stage)?);
    figures.push(normal(stage, options)?);
    figures.push(many_clients(stage, options)?);
    Ok(figures)
}

/// What is asked.
#[derive(Clone, Copy)]
enum Kind {
    Health,
    List,
    Call,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Health => "GET /health",
            Self::List => "lists of 20 servers",
            Self::Call => "calls through the gateway",
        }
    }

    fn load(self, stage: &Stage, connections: u32, seconds: u32) -> Result<wrk::Load> {
        let product = &stage.product;
        let folder = TempDir::new()?;
        let (address, path) = match self {
            Self::Health => (&product.service, "/health"),
            Self::List => (&product.service, LIST),
            Self::Call => (&product.gateway, DOOR),
        };
        let mut script = match self {
            Self::Call => wrk::headers(&Payload::headers(Some(&stage.admin.token)))?,
            _ => wrk::headers(&stage.admin.headers())?,
        };
        if matches!(self, Self::Call) {
            let payload = Payload::new(180);
            writeln!(script, "wrk.method = 'POST'\nwrk.body = [==[{}]==]", payload.body)?;
        }
        let job = wrk::Job { name: self.name(), address, path, connections, seconds };
        wrk::run(job, script, folder.path())
    }
}

/// A load without an error; wrk's report of one is an error of ours.
fn throughput(stage: &Stage, kind: Kind, seconds: u32) -> Result<Figure> {
    let load = kind.load(stage, CONNECTIONS, seconds)?;
    let speed = load.requests / load.duration_us * 1e6;
    let what = format!("{seconds} s of {}", kind.name());
    let found = (format!("{speed:.0}/s, 0 errors"), speed >= 1000.0);
    Ok(with_latency(Figure::plain("R248", what, ">= 1,000/s, 0 errors", found), &load))
}

fn with_latency(figure: Figure, load: &wrk::Load) -> Figure {
    Figure { median_ms: Some(load.p50_us / 1e3), worst_ms: Some(load.max_us / 1e3), ..figure }
}

fn memory(stage: &Stage) -> Result<Figure> {
    let (now, _) = process::memory_kib(stage.product.process.pid())?;
    let mib = now / 1024.0;
    let found = (format!("{mib:.1} MiB"), mib < 512.0);
    Ok(Figure::plain("R249", "memory of the process after those loads", "< 512 MB", found))
}

/// Reads and calls in turn, at a pace.
fn normal(stage: &Stage, options: &Options) -> Result<Figure> {
    let pid = stage.product.process.pid();
    let seconds = options.load_seconds().min(SHORT_SECONDS);
    let per_client = NORMAL / NORMAL_CLIENTS;
    let before = process::cpu_ticks(pid)?;
    let started = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let client = || -> Result<()> {
            let started = Instant::now();
            for n in 0..per_client * seconds {
                let due = Duration::from_secs(1) / per_client * n;
                wait::pause(due.saturating_sub(started.elapsed()));
                one(stage, n)?;
            }
            Ok(())
        };
        let clients: Vec<_> = (0..NORMAL_CLIENTS).map(|_| scope.spawn(client)).collect();
        for client in clients {
            client.join().unwrap_or_else(|_| Err("a client ended".into()))?;
        }
        Ok(())
    })?;
    let used = (process::cpu_ticks(pid)? - before) / process::ticks_per_second()?;
    let share = used / started.elapsed().as_secs_f64() * 100.0;
    let found = (format!("{share:.1}% of a core"), share < 30.0);
    let what = format!("{NORMAL} requests per second for {seconds} s: processor");
    Ok(Figure::plain("R250", what, "< 30% of a core", found))
}

fn one(stage: &Stage, n: u32) -> Result<()> {
    let product = &stage.product;
    let answer = if n.is_multiple_of(2) {
        http::exchange("GET", &product.service, LIST, &stage.admin.headers(), "")?
    } else {
        let payload = Payload::new(180);
        let headers = Payload::headers(Some(&stage.admin.token));
        http::exchange("POST", &product.gateway, DOOR, &headers, &payload.body)?
    };
    answer.success("a request of the normal load").map(drop)
}

/// Each of them has to be answered: as many answers as clients, and no error.
fn many_clients(stage: &Stage, options: &Options) -> Result<Figure> {
    let seconds = options.load_seconds().min(SHORT_SECONDS);
    let load = Kind::Call.load(stage, MANY_CLIENTS, seconds)?;
    let speed = load.requests / load.duration_us * 1e6;
    let what = format!("{MANY_CLIENTS} clients calling at once for {seconds} s");
    let found = (format!("{speed:.0}/s, 0 errors"), load.requests >= f64::from(MANY_CLIENTS));
    Ok(with_latency(Figure::plain("R251", what, "all are served", found), &load))
}
