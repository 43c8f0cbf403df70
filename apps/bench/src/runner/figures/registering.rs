//! R245: registration with discovery; R229: many at once.

use std::{thread, time::Instant};

use serde_json::{Value, json};

use super::{
    figure::{Figure, percentile_under},
    stage::{Stage, ms},
};
use crate::runner::{Result, statistics::worst};

const PATH: &str = "/api/v1/servers";
/// How many the row about bulk speaks of.
const MANY: usize = 500;

/// Both rows.
pub fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    Ok(vec![live(stage)?, hanging(stage)?, bulk(stage)?])
}

fn draft(name: &str, url: &str, auto_discover: bool) -> Value {
    json!({ "name": name, "endpoint_url": url, "auto_discover": auto_discover })
}

/// Each is answered with what its server offers.
fn live(stage: &Stage) -> Result<Figure> {
    let mut times = vec![];
    for n in 0..50 {
        let url = stage.echo_url(&format!("/mcp?live={n}"));
        let (made, took) =
            stage.timed_success("POST", PATH, &draft(&format!("live-{n}"), &url, true))?;
        if made.pointer("/discovery").and_then(Value::as_str) != Some("complete") {
            return Err(format!("a server that answers was not read at once: {made}").into());
        }
        times.push(took);
    }
    let found = percentile_under(&times, 95, 500.0);
    let what = "50 x register a server, its tools read";
    Ok(Figure::plain("R245", what, "p95 < 500 ms", found).with_times(&times))
}

/// Each is answered without: discovery goes on in the background.
fn hanging(stage: &Stage) -> Result<Figure> {
    let hole = stage.hole()?;
    let mut times = vec![];
    for n in 0..20 {
        let draft = draft(&format!("hanging-{n}"), &format!("{hole}/{n}"), true);
        times.push(stage.timed_success("POST", PATH, &draft)?.1);
    }
    let slowest = worst(times.iter().copied()).unwrap_or_default();
    let found = (format!("worst {slowest:.1} ms"), slowest < 500.0);
    let what = "20 x register a server that hangs";
    Ok(Figure::plain("R245", what, "each < 500 ms", found).with_times(&times))
}

/// Five hundred in one request, and five hundred requests at once.
fn bulk(stage: &Stage) -> Result<Figure> {
    let hole = stage.hole()?;
    let drafts = |kind: &str| -> Vec<Value> {
        let one = |n| draft(&format!("{kind}-{n}"), &format!("{hole}/{kind}/{n}"), false);
        (0..MANY).map(one).collect()
    };
    let started = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let post = |draft: Value| stage.timed_success("POST", PATH, &draft);
        let posts = drafts("single").into_iter().map(|draft| scope.spawn(move || post(draft)));
        for done in posts.collect::<Vec<_>>() {
            done.join().unwrap_or_else(|_| Err("a registration could not be sent".into()))?;
        }
        Ok(())
    })?;
    let singles = ms(started.elapsed());
    let body = json!({ "servers": drafts("bulk") });
    let (report, took) = stage.timed_success("POST", "/api/v1/servers/bulk", &body)?;
    let results = report.pointer("/results").and_then(Value::as_array).map_or(0, Vec::len);
    let succeeded = report.pointer("/succeeded").and_then(Value::as_u64);
    if results != MANY || succeeded != Some(u64::try_from(MANY)?) {
        return Err(format!("{results} results of {MANY}, {succeeded:?} of them good").into());
    }
    let found = (format!("{took:.0} ms, {singles:.0} ms"), took < singles);
    let what = "500 servers in one request, in 500 requests at once";
    Ok(Figure::plain("R229", what, "the first is faster", found).with_times(&[took]))
}
