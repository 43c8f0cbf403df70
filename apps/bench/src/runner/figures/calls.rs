//! R246: proxied calls and what the proxy adds; R130: their timeout.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{figure::Figure, stage::Stage};
use crate::runner::{Options, Result, many, payload::Payload, wait, wrk};

/// Both rows.
pub fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    Ok(vec![proxied(stage, options)?, asked_timeout(stage)?, default_timeout(stage)?])
}

fn call(server: &str) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": { "name": "echo", "arguments": { "text": "x".repeat(180) } },
        "preferred_servers": [server],
    })
}

/// One connection, one call after the other, through `/mcp/proxy` and to the upstream directly.
fn proxied(stage: &Stage, options: &Options) -> Result<Figure> {
    let admin = &stage.admin;
    let server = many::register(&stage.product, admin, "proxied", &stage.echo_url("/mcp?proxied"))?;
    let body = call(&server);
    is_routed(stage, &server)?;
    let (answer, _) = stage.timed_success("POST", "/mcp/proxy", &body)?;
    if answer.pointer("/result/content/0/text").is_none() {
        return Err(format!("/mcp/proxy does not echo: {answer}").into());
    }
    let through =
        load(("/mcp/proxy", &stage.product.service), &admin.headers(), &body.to_string(), options)?;
    let payload = Payload::new(180);
    let directly =
        load(("/mcp", stage.echo.address()), &Payload::headers(None), &payload.body, options)?;
    let added = (through.p50_us - directly.p50_us) / 1e3;
    let p99 = through.p99_us / 1e3;
    let found = (format!("p99 {p99:.1} ms, adds {added:.2} ms"), p99 < 1000.0 && added < 5.0);
    let what = "proxied calls, one at a time";
    let figure = Figure::plain("R246", what, "p99 < 1 s, p50 adds < 5 ms", found);
    Ok(Figure {
        median_ms: Some(through.p50_us / 1e3),
        worst_ms: Some(through.max_us / 1e3),
        ..figure
    })
}

fn load(
    (path, address): (&str, &str),
    headers: &[(String, String)],
    body: &str,
    options: &Options,
) -> Result<wrk::Load> {
    let folder = TempDir::new()?;
    let mut script = wrk::headers(headers)?;
    writeln!(script, "wrk.method = 'POST'\nwrk.body = [==[{body}]==]")?;
    let job = wrk::Job {
        name: "one call at a time",
        address,
        path,
        connections: 1,
        seconds: options.seconds(),
    };
    wrk::run(job, script, folder.path())
}

/// `timeout: 1` on a server that never answers the call.
fn asked_timeout(stage: &Stage) -> Result<Figure> {
    let body = |server: &str| {
        let mut body = call(server);
        if let Some(members) = body.as_object_mut() {
            members.insert("timeout".to_owned(), json!(1));
        }
        body
    };
    let what = "3 x a call with timeout 1, the server silent";
    times_out(stage, ("asked", what, "after 1 s"), body, (1, 3))
}

/// None asked for: thirty seconds.
fn default_timeout(stage: &Stage) -> Result<Figure> {
    let what = "a call without a timeout, the server silent";
    times_out(stage, ("default", what, "after 30 s"), call, (30, 1))
}

/// Until the gateway knows a server, a call would go to another one that has its tool.
fn is_routed(stage: &Stage, server: &str) -> Result<()> {
    wait::until("the gateway knows the server", Duration::from_millis(5), || {
        let metrics = stage.timed_success("GET", "/api/v1/router/metrics", &Value::Null)?.0;
        Ok(metrics.to_string().contains(server).then_some(()))
    })
}

fn times_out(
    stage: &Stage,
    (name, what, promised): (&str, &str, &'static str),
    body: impl Fn(&str) -> Value,
    (seconds, times): (u32, u32),
) -> Result<Figure> {
    let name = format!("silent-{name}");
    let url = stage.echo_url(&format!("/silent-mcp?{name}"));
    let server = many::register(&stage.product, &stage.admin, &name, &url)?;
    let mut took = vec![];
    let asked = body(&server);
    is_routed(stage, &server)?;
    for _ in 0..times {
        let (answer, time) = stage.timed("POST", "/mcp/proxy", &asked)?;
        if answer.status != 504 {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(format!("{what}: {} in place of a timeout: {said}", answer.status).into());
        }
        took.push(time);
    }
    // Not before it, and not a second after it.
    let due = f64::from(seconds) * 1e3;
    let kept = took.iter().all(|&time| time >= due && time < due + 1e3);
    let latest = took.iter().copied().fold(0.0, f64::max);
    Ok(Figure::plain("R130", what, promised, (format!("{latest:.0} ms"), kept)).with_times(&took))
}
