//! R199: live monitoring over a WebSocket.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    figure::Figure,
    socket::Socket,
    stage::{Stage, ms},
};
use crate::runner::{Result, many, statistics::worst};

/// A server's health is changed, and a listener to it is told; from the request to the frame.
pub fn measure(stage: &Stage) -> Result<Figure> {
    let (product, admin) = (&stage.product, &stage.admin);
    let id = many::register(product, admin, "watched", &stage.echo_url("/mcp?watched"))?;
    let listen = format!("/ws/health/{id}");
    let mut socket = Socket::open(&product.service, &listen, &admin.token)?;
    socket.until(|frame| said(frame, "/type") == Some("health_update"))?;
    let path = format!("/api/v1/servers/{id}");
    let mut times = vec![];
    for n in 0..20 {
        let order = if n % 2 == 0 { "maintenance" } else { "unknown" };
        let started = Instant::now();
        product.send("PATCH", &path, admin, &json!({ "health_status": order }))?;
        socket.until(|frame| said(frame, "/payload/status") == Some(order))?;
        times.push(ms(started.elapsed()));
    }
    let slowest = worst(times.iter().copied()).unwrap_or_default();
    let found = (format!("worst {slowest:.1} ms"), slowest < 1000.0);
    let what = "20 x a change of health, told over a WebSocket";
    Ok(Figure::plain("R199", what, "each < 1 s", found).with_times(&times))
}

fn said<'a>(frame: &'a Value, member: &str) -> Option<&'a str> {
    frame.pointer(member).and_then(Value::as_str)
}
