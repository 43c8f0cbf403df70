//! A steady load of both tenants: writes, reads and calls, all of it in a ledger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use registry_testkit::{Answer, Api};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    client::{PATIENCE, get, post, said},
    ledger::{Ledger, Told},
    scene::{Scene, Tenant, endpoint},
};

/// Callers of each tenant at a time.
const CALLERS: usize = 2;
/// Between two requests of a client: the load is steady, not all that the machine can do.
const PAUSE: Duration = Duration::from_millis(20);
/// What every name and id of the load begins with.
pub const MARK: &str = "chaos";

/// What the clients of one tenant have in common.
struct Party {
    tenant: Tenant,
    foreign: &'static str,
    api: Api,
    gateway: Api,
    ledger: Arc<Ledger>,
    over: Arc<AtomicBool>,
    done: [AtomicUsize; 3],
}

/// The running load.
pub struct Load {
    parties: Vec<Arc<Party>>,
    over: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    /// Starts it; `number` sets its names apart from those of earlier ones.
    pub fn start(scene: &Scene, ledger: &Arc<Ledger>, number: usize) -> Self {
        let over = Arc::<AtomicBool>::default();
        let (mut clients, mut parties) = (JoinSet::new(), Vec::new());
        for tenant in &scene.tenants {
            let foreign = scene.tenants.iter().find(|other| other.mark != tenant.mark);
            let party = Arc::new(Party {
                tenant: tenant.clone(),
                foreign: foreign.map_or("", |other| other.alias),
                api: scene.api(&tenant.token),
                gateway: scene.gateway(&tenant.token),
                ledger: Arc::clone(ledger),
                over: Arc::clone(&over),
                done: Default::default(),
            });
            clients.spawn(writes(Arc::clone(&party), number));
            clients.spawn(reads(Arc::clone(&party)));
            for caller in 0..CALLERS {
                clients.spawn(calls(Arc::clone(&party), number, caller));
            }
            parties.push(party);
        }
        Self { parties, over, clients }
    }

    /// Waits until each kind of request of each tenant has gone well again this often; how long
    /// that took.
    pub async fn goes_on(&self, times: usize, within: Duration) -> Result<Duration, String> {
        let counts = || {
            let all = self.parties.iter().flat_map(|party| &party.done);
            all.map(|done| done.load(Ordering::Relaxed)).collect::<Vec<_>>()
        };
        let (before, began) = (counts(), Instant::now());
        while began.elapsed() < within {
            if counts().iter().zip(&before).all(|(now, before)| *now >= before + times) {
                return Ok(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let now = counts();
        Err(format!("writes, reads, calls of both: {before:?}, {within:?} later {now:?}"))
    }

    /// Ends it, and waits for every answer.
    pub async fn end(mut self) {
        self.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.expect("a client does not panic");
        }
    }
}

impl Party {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn count(&self, which: usize) {
        if let Some(done) = self.done.get(which) {
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn writes(party: Arc<Party>, number: usize) {
    let mut count = 0_usize;
    while party.goes_on() {
        count += 1;
        let name = format!("{MARK}-{}-{number}-{count}", party.tenant.mark);
        let draft = json!({
            "endpoint_url": format!("http://127.0.0.1:1/{name}"),
            "endpoint_name": name, "owner_contact": "owner@example.com",
        });
        let told = match post(&party.api, "/registrations", &draft).await {
            Ok(answer) if answer.status == 201 => {
                party.count(0);
                Told::Done
            }
            Ok(answer) if answer.status.is_client_error() => Told::Refused,
            _ => Told::Unknown,
        };
        party.ledger.write(&name, told);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn reads(party: Arc<Party>) {
    let foreign = format!("{}__", party.foreign);
    while party.goes_on() {
        let list = get(&party.api, "/registrations?limit=20", PATIENCE).await;
        if list.is_ok_and(|list| list.status == 200) {
            party.count(1);
        }
        let tools = party.gateway.try_mcp("/mcp", "tools/list", json!({}), PATIENCE).await;
        if let Ok(tools) = tools
            && tools.text().contains(&foreign)
        {
            party.ledger.wrong(format!("{} was shown {foreign}", party.tenant.mark));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn calls(party: Arc<Party>, number: usize, caller: usize) {
    let mut count = 0_usize;
    while party.goes_on() {
        count += 1;
        let id = format!("{MARK}-{}-{number}-{caller}-{count}", party.tenant.mark);
        let answer = call(&party, party.tenant.alias, &id).await;
        let told = match answer.as_ref().map(said) {
            Ok(Some(text)) => {
                party.count(2);
                if text != id {
                    party.ledger.wrong(format!("{id} was answered {text}"));
                }
                Told::Done
            }
            Ok(None) => Told::Refused,
            Err(_) => Told::Unknown,
        };
        party.ledger.call(&id, told);
        if count.is_multiple_of(10) {
            let id = format!("{id}-foreign");
            let answer = call(&party, party.foreign, &id).await;
            if answer.as_ref().is_ok_and(|answer| said(answer).is_some()) {
                party.ledger.wrong(format!("{} called {}", party.tenant.mark, party.foreign));
            }
            party.ledger.call(&id, Told::Refused);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn call(party: &Party, alias: &str, id: &str) -> Result<Answer, String> {
    let named = party.gateway.clone().with_header("x-request-id", id);
    named.try_call_tool(&endpoint(alias), "echo", json!({ "text": id }), PATIENCE).await
}
