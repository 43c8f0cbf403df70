//! R243: health checks.

use serde_json::Value;

use super::{
    figure::{Figure, mean_under},
    stage::Stage,
};
use crate::runner::Result;

/// A thousand of them, one after the other, each on a connection of its own.
pub fn measure(stage: &Stage) -> Result<Figure> {
    let mut times = vec![];
    for _ in 0..1000 {
        times.push(stage.timed_success("GET", "/health", &Value::Null)?.1);
    }
    let found = mean_under(&times, 50.0);
    Ok(Figure::plain("R243", "1,000 x GET /health", "< 50 ms on average", found).with_times(&times))
}
