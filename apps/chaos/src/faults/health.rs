//! Whether `/health` tells the truth, and in time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use registry_testkit::Api;
use serde_json::Value;
use tokio::task::JoinSet;

use super::fault::Expected;
use crate::{
    client::{PATIENCE, get},
    scene::Scene,
    table::Verdict,
};

/// A probe is answered within this time, whatever happens; and within it after a fault has begun
/// the truth is told. A machine that is slow for everybody gets [`SLOWER`] times as long as a probe
/// took just before, besides.
const TRUTH: Duration = Duration::from_secs(2);
/// And that it is over, within this.
const OVER: Duration = Duration::from_secs(10);
const SLOWER: u32 = 10;
/// How often is looked before the fault.
const BEFORE: usize = 5;
const BETWEEN: Duration = Duration::from_millis(50);

/// One look.
struct Look {
    asked: Instant,
    /// `None`: no answer in time.
    status: Option<String>,
}

/// Looks all the time, on one connection, as a probe does.
pub struct Watch {
    began: Instant,
    usual: Duration,
    expected: Expected,
    looks: Arc<Mutex<Vec<Look>>>,
    over: Arc<AtomicBool>,
    watcher: JoinSet<()>,
}

impl Watch {
    /// Begins to look; a fault that is to be seen begins now.
    pub async fn start(scene: &Scene, expected: Expected) -> Self {
        let api = Api::service(&scene.program);
        let mut usual = Duration::ZERO;
        for _ in 0..BEFORE {
            let asked = Instant::now();
            if get(&api, "/health", PATIENCE).await.is_ok() {
                usual = usual.max(asked.elapsed());
            }
        }
        let looks = Arc::<Mutex<Vec<Look>>>::default();
        let over = Arc::<AtomicBool>::default();
        let mut watcher = JoinSet::new();
        let within = TRUTH + usual * SLOWER;
        watcher.spawn(look((api, within), Arc::clone(&looks), Arc::clone(&over)));
        Self { began: Instant::now(), usual, expected, looks, over, watcher }
    }

    /// What is added to each bound on a machine that is slow for everybody.
    fn within(&self, bound: Duration) -> Duration {
        bound + self.usual * SLOWER
    }

    /// Waits until the end of the fault is told too; whether everything was told in time.
    pub async fn restored(mut self, mended: Instant) -> Verdict {
        let over = self.within(OVER);
        while mended.elapsed() < over && !self.is_well_since(mended) {
            tokio::time::sleep(BETWEEN).await;
        }
        self.over.store(true, Ordering::Relaxed);
        while self.watcher.join_next().await.is_some() {}
        if !self.is_well_since(mended) {
            return Err(format!("it did not say within {over:?} that all is well again"));
        }
        self.during(mended)
    }

    fn is_well_since(&self, mended: Instant) -> bool {
        let looks = self.looks.lock();
        let last = looks.last();
        last.is_some_and(|look| look.asked >= mended && look.status.as_deref() == Some("healthy"))
    }

    /// What was told while the fault lasted.
    fn during(&self, mended: Instant) -> Verdict {
        let looks = self.looks.lock();
        let of_fault: Vec<&Look> = looks.iter().filter(|look| look.asked < mended).collect();
        let is_there = self.expected != Expected::Nothing;
        if is_there && of_fault.iter().any(|look| look.status.is_none()) {
            return Err(format!("it did not answer in {:?}", self.within(TRUTH)));
        }
        let first = |wanted: &str| {
            let found = of_fault.iter().find(|look| look.status.as_deref() == Some(wanted));
            match found.map(|look| look.asked.saturating_duration_since(self.began)) {
                Some(after) if after <= self.within(TRUTH) => {
                    Ok(format!("{wanted} {} ms", after.as_millis()))
                }
                Some(after) => Err(format!("it was {wanted} only after {after:?}")),
                None => Err(format!("it was never {wanted}")),
            }
        };
        match self.expected {
            Expected::Down => first("unhealthy"),
            Expected::Degraded => first("degraded"),
            Expected::Anything | Expected::Nothing => Ok(String::new()),
            Expected::Well => {
                let other = of_fault.iter().find(|look| look.status.as_deref() != Some("healthy"));
                match other.and_then(|look| look.status.as_ref()) {
                    Some(status) => Err(format!("it was {status}")),
                    None => Ok(String::new()),
                }
            }
        }
    }
}

async fn look((api, within): (Api, Duration), looks: Arc<Mutex<Vec<Look>>>, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = get(&api, "/health", within).await;
        let status = answer.ok().and_then(|answer| {
            answer.json().get("status").and_then(Value::as_str).map(str::to_owned)
        });
        looks.lock().push(Look { asked, status });
        tokio::time::sleep(BETWEEN).await;
    }
}
