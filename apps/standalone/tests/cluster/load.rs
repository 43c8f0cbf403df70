//! A steady load of every kind of client by way of the balancers, and how each request went.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, Request};
use parking_lot::Mutex;
use registry_testkit::{Answer, Api, DEADLINE, eventually};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::listener::Listeners;
use crate::support::{World, echoed, path};

/// How many clients call and read at a time, each with a connection of its own that it keeps.
const KEEPING: usize = 3;
/// How many that make a new connection for each request.
const FRESH: usize = 3;
/// How many of each that write.
const WRITERS: usize = 1;
/// Clients of a load that have a request under way, at most.
pub const AT_ONCE: usize = 2 * (KEEPING + FRESH) + 2 * WRITERS;
/// Listeners at each kind of program: one for each replica.
const LISTENERS: usize = 2;
/// Rows of one page.
const PAGE: usize = 1000;

#[derive(Default)]
pub struct Outcome {
    pub good: AtomicUsize,
    pub bad: Mutex<Vec<String>>,
    over: AtomicBool,
    /// What was asked for by its name or id, and whether it was answered well.
    written: Mutex<HashMap<String, bool>>,
    called: Mutex<HashMap<String, bool>>,
}

pub struct Load {
    pub outcome: Arc<Outcome>,
    clients: JoinSet<()>,
    pub listeners: Listeners,
}

impl Load {
    pub async fn start(world: &World) -> Self {
        let outcome = Arc::<Outcome>::default();
        let (gateways, apis) = (world.cluster.to_gateways.url(), world.cluster.to_apis.url());
        let token = world.cluster.entra.access_token("Ada");
        let of = |base: &str, is_fresh: bool| {
            let api = Api::new(base).with_token(&token);
            if is_fresh { api.with_header("connection", "close") } else { api }
        };
        // Connections go round: each replica has one listener.
        let bases = [&gateways, &apis];
        let listeners = bases.into_iter().flat_map(|base| vec![of(base, true); LISTENERS]);
        let listeners = Listeners::start(listeners.collect()).await;
        let mut clients = JoinSet::new();
        for number in 0..KEEPING + FRESH {
            let is_fresh = number < FRESH;
            clients.spawn(calls(of(&gateways, is_fresh), number, Arc::clone(&outcome)));
            clients.spawn(reads(of(&apis, is_fresh), Arc::clone(&outcome)));
        }
        for number in 0..2 * WRITERS {
            clients.spawn(writes(of(&apis, number < WRITERS), number, Arc::clone(&outcome)));
        }
        Self { outcome, clients, listeners }
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

    /// Ends it; what went wrong. Stores and listeners agree with what clients were told.
    pub async fn end(mut self, world: &World) -> Vec<String> {
        self.outcome.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        let admin = world.api_as("Grace");
        let written = self.outcome.written.lock().clone();
        agree(&written, &stored(&admin).await).unwrap();
        let called = self.outcome.called.lock().clone();
        let mut told = Ok(());
        eventually("each call that was answered well has one record", async || {
            told = agree(&called, &recorded(&admin).await);
            told.is_ok().then_some(())
        })
        .await;
        let accepted = written.into_iter().filter(|(_, was_accepted)| *was_accepted);
        let accepted: Vec<String> = accepted.map(|(name, _)| name).collect();
        self.listeners.heard_all(&accepted).await;
        self.outcome.bad.lock().clone()
    }
}

/// What went well is there once; of what failed nobody knows, but it is not there twice.
fn agree(asked: &HashMap<String, bool>, stored: &HashMap<String, usize>) -> Result<(), String> {
    for (what, went_well) in asked {
        match (went_well, stored.get(what).copied().unwrap_or(0)) {
            (true, 1) | (false, 0 | 1) => {}
            (_, count) => return Err(format!("{what} is there {count} times")),
        }
    }
    Ok(())
}

async fn stored(admin: &Api) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    for page in 0_usize.. {
        let path = format!("/registrations?order=asc&limit={PAGE}&offset={}", page * PAGE);
        let list = admin.get(&path).await.expect(200).json();
        let rows = list["results"].as_array().unwrap();
        for row in rows {
            *found.entry(row["endpoint_name"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        if rows.len() < PAGE {
            break;
        }
    }
    found
}

async fn recorded(admin: &Api) -> HashMap<String, usize> {
    let path = "/api/v1/audit/operations/export?method=tools%2Fcall&success=true";
    let mut found = HashMap::new();
    for line in admin.get(path).await.expect(200).text().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        *found.entry(row["request_id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    found
}

async fn calls(gateways: Api, client: usize, outcome: Arc<Outcome>) {
    let mut number = 0_usize;
    while !outcome.over.load(Ordering::Relaxed) {
        number += 1;
        let text = format!("load-{client}-{number}");
        let arguments = json!({ "text": text });
        let named = gateways.clone().with_header("x-request-id", &text);
        let answer = named.try_call_tool(&path(), "echo", arguments, DEADLINE).await;
        let result = answer
            .and_then(|answer| echoed(&answer))
            .and_then(|said| if said == text { Ok(()) } else { Err(format!("{said} for {text}")) });
        outcome.called.lock().insert(text, result.is_ok());
        note(&outcome, result);
        pause().await;
    }
}

async fn reads(apis: Api, outcome: Arc<Outcome>) {
    while !outcome.over.load(Ordering::Relaxed) {
        let request = Request::new(bytes::Bytes::new());
        let answer = apis.try_request("/registrations?limit=5", request, DEADLINE).await;
        note(&outcome, with_status(answer, 200));
        pause().await;
    }
}

async fn writes(apis: Api, client: usize, outcome: Arc<Outcome>) {
    let mut number = 0_usize;
    while !outcome.over.load(Ordering::Relaxed) {
        number += 1;
        let name = format!("Load {client}-{number}");
        let draft = json!({
            "endpoint_url": format!("http://127.0.0.1:1/load-{client}-{number}"),
            "endpoint_name": name, "owner_contact": "owner@example.com",
        });
        let mut request = Request::new(draft.to_string().into());
        *request.method_mut() = Method::POST;
        let json = http::HeaderValue::from_static("application/json");
        request.headers_mut().insert(http::header::CONTENT_TYPE, json);
        let result = with_status(apis.try_request("/registrations", request, DEADLINE).await, 201);
        outcome.written.lock().insert(name, result.is_ok());
        note(&outcome, result);
        pause().await;
    }
}

fn with_status(answer: Result<Answer, String>, wanted: u16) -> Result<(), String> {
    answer.and_then(|answer| match answer.status.as_u16() {
        status if status == wanted => Ok(()),
        status => Err(format!("{status}: {}", answer.text())),
    })
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
