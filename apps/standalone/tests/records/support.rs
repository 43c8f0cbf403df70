//! A running registry, what it leaves, and the command that proves it.

use std::process::Output;
use std::sync::Arc;

use jiff::Timestamp;
use registry_domain::chain::Chain;
use registry_domain::id::{ChainId, OperationId};
use registry_domain::operation::Operation;
use registry_domain::ports::{Clock, EventLog, OperationLog, SealPorts, SealStore};
use registry_domain::use_cases::seal_chain;
use registry_embedded::{EmbeddedOptions, EmbeddedStore};
use registry_postgres::{PgAddress, PgOptions, PgStore};
use registry_testkit::{Api, DataDir, Launch, Program, eventually, token};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

/// Somebody with a token.
pub async fn someone(program: &Program, claims: Value) -> Api {
    Api::service(program).with_token(&token(program, claims).await)
}

pub async fn admin(program: &Program) -> Api {
    someone(program, json!({ "subject": "root", "roles": ["admin"] })).await
}

/// Lists a server that does not answer.
pub async fn list(api: &Api, name: &str) -> Value {
    let server = json!({
        "name": name, "endpoint_url": format!("http://127.0.0.1:1/{name}"),
        "transport_type": "http", "auto_discover": false,
    });
    api.post("/api/v1/servers", &server).await.expect(201).json()
}

/// `audit verify` on a data folder.
pub fn verify(data: &DataDir, settings: &[(&str, &str)]) -> Output {
    let launch = Launch::program("mcp-registry").data_dir(data).only_args(&["audit", "verify"]);
    launch.envs(settings).run()
}

pub fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What the command says once it says `line`, and that all is well.
pub async fn proven(data: &DataDir, settings: &[(&str, &str)], line: &str) -> String {
    eventually(&format!("the command says {line}"), async || {
        let output = verify(data, settings);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = said(&output);
        said.contains(line).then_some(said)
    })
    .await
}

/// A clock that stands still.
#[derive(Clone, Copy)]
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Records an operation at a time, as a program did then, and seals it.
pub async fn record_at(data: &DataDir, number: u128, at: Timestamp) {
    let id = uuid::Uuid::from_u128(number);
    let operation = Operation {
        id: OperationId(id),
        at,
        user_id: Some("ada".to_owned()),
        tenant_id: None,
        email: None,
        method: "ping".to_owned(),
        tool_name: None,
        params: None,
        success: true,
        error_message: None,
        error_code: None,
        duration_ms: 1,
        server_id: None,
        request_id: String::new(),
        client_address: None,
    };
    let (operations, ports) = open(data, Still(at)).await;
    let chain = Chain::of_operations(ChainId(id), at);
    operations.append(&chain, vec![operation]).await.unwrap();
    assert_eq!(seal_chain(&ports, &chain).await.unwrap(), 1);
}

async fn open(data: &DataDir, clock: Still) -> (Arc<dyn OperationLog>, SealPorts) {
    let (handle, tracker) = (tokio::runtime::Handle::current(), TaskTracker::new());
    let now: Arc<dyn Clock> = Arc::new(clock);
    if let Some(url) = data.database_url() {
        let options = PgOptions::for_testing(PgAddress::parse(url).unwrap());
        return ports(PgStore::open(options, now.clone(), handle, tracker).await.unwrap(), now);
    }
    let (file, options) = (data.path().join("registry.db"), EmbeddedOptions::for_testing());
    ports(EmbeddedStore::open(&file, options, now.clone(), handle, tracker).await.unwrap(), now)
}

fn ports<S: OperationLog + SealStore + EventLog + 'static>(
    store: Arc<S>,
    clock: Arc<dyn Clock>,
) -> (Arc<dyn OperationLog>, SealPorts) {
    (store.clone(), SealPorts { seals: store.clone(), events: store, clock })
}
