//! A steady load of calls and reads by way of the balancers, and how each of them went.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, Request};
use parking_lot::Mutex;
use registry_testkit::{Api, DEADLINE, eventually};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{World, echoed, path};

/// How many clients call and read at a time, each with a connection of its own that it keeps.
const KEEPING: usize = 3;
/// How many that make a new connection for each request.
const FRESH: usize = 3;

#[derive(Default)]
pub struct Outcome {
    pub good: AtomicUsize,
    pub bad: Mutex<Vec<String>>,
    over: AtomicBool,
}

pub struct Load {
    pub outcome: Arc<Outcome>,
    clients: JoinSet<()>,
}

impl Load {
    pub fn start(world: &World) -> Self {
        let outcome = Arc::<Outcome>::default();
        let mut clients = JoinSet::new();
        let token = world.cluster.entra.access_token("Ada");
        for number in 0..KEEPING + FRESH {
            let of = |base: String| {
                let api = Api::new(base).with_token(&token);
                if number < FRESH { api.with_header("connection", "close") } else { api }
            };
            let (gateways, apis) =
                (of(world.cluster.to_gateways.url()), of(world.cluster.to_apis.url()));
            clients.spawn(calls(gateways, number, Arc::clone(&outcome)));
            clients.spawn(reads(apis, Arc::clone(&outcome)));
        }
        Self { outcome, clients }
    }

    /// Waits until so many more went well.
    pub async fn more(&self, count: usize) {
        let before = self.outcome.good.load(Ordering::Relaxed);
        eventually("the load goes on", async || {
            (self.outcome.good.load(Ordering::Relaxed) >= before + count).then_some(())
        })
        .await;
    }

    /// How many went wrong so far.
    pub fn failures(&self) -> usize {
        self.outcome.bad.lock().len()
    }

    /// Ends it; what went wrong.
    pub async fn end(mut self) -> Vec<String> {
        self.outcome.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        self.outcome.bad.lock().clone()
    }
}

async fn calls(gateways: Api, client: usize, outcome: Arc<Outcome>) {
    let mut number = 0_usize;
    while !outcome.over.load(Ordering::Relaxed) {
        number += 1;
        let text = format!("{client}-{number}");
        let arguments = json!({ "text": text });
        let answer = gateways.try_call_tool(&path(), "echo", arguments, DEADLINE).await;
        let result = answer
            .and_then(|answer| echoed(&answer))
            .and_then(|said| if said == text { Ok(()) } else { Err(format!("{said} for {text}")) });
        note(&outcome, result);
        pause().await;
    }
}

async fn reads(apis: Api, outcome: Arc<Outcome>) {
    while !outcome.over.load(Ordering::Relaxed) {
        let mut request = Request::new(bytes::Bytes::new());
        *request.method_mut() = Method::GET;
        let answer = apis.try_request("/registrations?limit=5", request, DEADLINE).await;
        let result = answer.and_then(|answer| match answer.status.as_u16() {
            200 => Ok(()),
            status => Err(format!("{status}: {}", answer.text())),
        });
        note(&outcome, result);
        pause().await;
    }
}

fn note(outcome: &Outcome, result: Result<(), String>) {
    match result {
        Ok(()) => {
            outcome.good.fetch_add(1, Ordering::Relaxed);
        }
        Err(why) => outcome.bad.lock().push(why),
    }
}

/// The load is steady, not all that the machine can do.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}
