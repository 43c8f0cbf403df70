//! R244: lists of more than a hundred servers.

use serde_json::Value;

use super::{
    figure::{Figure, percentile_under},
    stage::{SERVERS, Stage},
};
use crate::runner::Result;

/// All servers with their tools on one page.
pub fn measure(stage: &Stage) -> Result<Figure> {
    let path = format!("/api/v1/servers?limit={SERVERS}&include_tools=true");
    let mut times = vec![];
    for _ in 0..200 {
        let (page, took) = stage.timed_success("GET", &path, &Value::Null)?;
        if page.as_array().map_or(0, Vec::len) != usize::try_from(SERVERS)? {
            return Err(format!("{path}: not all of the servers").into());
        }
        times.push(took);
    }
    let what = format!("200 x list {SERVERS} servers with their tools");
    let found = percentile_under(&times, 95, 200.0);
    Ok(Figure::plain("R244", what, "p95 < 200 ms", found).with_times(&times))
}
