//! Servers are probed at once and once per interval, by one of all replicas, whichever halves run.

use std::sync::Arc;

use parking_lot::Mutex;
use registry_testkit::{
    Api, Launch, eventually, token,
    upstreams::{Gate, Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake},
};
use serde_json::json;

use crate::support::{Replica, Stores, draft};

#[tokio::test]
async fn a_new_server_is_probed_at_once() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, &[("MREG_HEALTH_CHECK_INTERVAL", "3600")]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    replica.list("files", &upstream.url()).await;
    turns(&stores, "healthy").await;
}

#[tokio::test]
async fn a_status_moves_by_its_thresholds_and_each_move_is_one_event() {
    let stores = Stores::new().await;
    let settings =
        [("MREG_HEALTH_CHECK_INTERVAL", "1"), ("MREG_HEALTH_CHECK_UNHEALTHY_THRESHOLD", "3")];
    let replica = Replica::start(&stores, &settings).await;
    let mut upstream = RmcpServer::start(RmcpOptions::default());
    replica.list("files", &upstream.url()).await;
    turns(&stores, "healthy").await;
    let revision = stores.number("SELECT revision FROM servers").await;

    let port = upstream.port();
    upstream.stop();
    turns(&stores, "unhealthy").await;
    assert!(streak(&stores).await <= -3, "it took three failures in a row");
    let upstream = RmcpServer::start(RmcpOptions { port, ..RmcpOptions::default() });
    turns(&stores, "healthy").await;
    eventually("it goes on without a word", async || (streak(&stores).await >= 3).then_some(()))
        .await;

    let told = stores
        .rows(
            "SELECT metadata ->> 'previous', metadata ->> 'status', metadata ->> 'fault_class' \
             FROM events WHERE kind = 'ServerHealthChanged' ORDER BY seq",
        )
        .await;
    let told: Vec<(String, String, Option<String>)> =
        told.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let told: Vec<_> =
        told.iter().map(|(from, to, why)| (from.as_str(), to.as_str(), why.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("unknown", "healthy", None),
            ("healthy", "unhealthy", Some("unreachable")),
            ("unhealthy", "healthy", None),
        ]
    );
    assert_eq!(stores.number("SELECT revision FROM servers").await, revision);
    drop(upstream);
}

#[tokio::test]
async fn replicas_probe_a_server_once_per_interval_between_them() {
    let stores = Stores::new().await;
    // What is asked besides probes is asked twice: at the submission, and at the first probe.
    let settings = [("MREG_HEALTH_CHECK_INTERVAL", "1"), ("MREG_DRIFT_CHECK_INTERVAL", "86400")];
    let (mut one, two) =
        tokio::join!(Replica::start(&stores, &settings), Replica::start(&stores, &settings));
    let upstream = RmcpServer::start(RmcpOptions::default());
    one.list("files", &upstream.url()).await;
    two.serves("files").await;
    let (probes, counted) = eventually("it is probed several times", async || {
        let asked = upstream.seen_of("server/discover").len();
        let counted = streak(&stores).await;
        (counted >= 5).then_some((asked - 2, counted))
    })
    .await;
    // One may be under way.
    assert!(i64::try_from(probes).unwrap() <= counted + 1, "{probes} probes, {counted} counted");

    one.program.kill();
    eventually("the other one goes on", async || {
        (streak(&stores).await > counted + 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn while_redis_is_gone_the_store_says_who_probes() {
    let stores = Stores::new().await;
    // No probe is to fail, however slow the machine: a failure begins the count in a row anew. The
    // lease that Redis still has when it comes back is as long.
    let settings = [
        ("MREG_HEALTH_CHECK_INTERVAL", "1"),
        ("MREG_HEALTH_CHECK_TIMEOUT", "8"),
        ("MREG_DRIFT_CHECK_INTERVAL", "86400"),
    ];
    let (one, two) =
        tokio::join!(Replica::start(&stores, &settings), Replica::start(&stores, &settings));
    let door = Arc::new(Door::default());
    let upstream = behind(Arc::clone(&door));
    one.list("files", &upstream.url()).await;
    two.serves("files").await;
    turns(&stores, "healthy").await;
    let leases = "SELECT count(*) FROM leases WHERE name LIKE 'probe:%'";

    stores.to_redis.cut();
    one.turns("degraded", 200).await;
    two.turns("degraded", 200).await;
    // A lease is held for as long as its probe takes.
    door.shut();
    eventually("the store has the lease", async || (stores.number(leases).await > 0).then_some(()))
        .await;
    door.open();
    goes_on(&stores, &upstream).await;

    stores.to_redis.restore();
    one.turns("healthy", 200).await;
    two.turns("healthy", 200).await;
    // What was begun without Redis ends without it.
    goes_on(&stores, &upstream).await;
    door.shut();
    let asked = upstream.requests_of("server/discover").len();
    eventually("it is probed again", async || {
        (upstream.requests_of("server/discover").len() > asked).then_some(())
    })
    .await;
    assert_eq!(stores.number(leases).await, 0, "Redis has the leases again");
    door.open();
}

#[tokio::test]
async fn a_probe_that_is_cut_off_by_a_stop_is_made_by_another_replica_at_once() {
    // The lease of who asks whether a server is well is as long as this, the one of who reads what
    // it offers a minute and a half: far longer than anything is waited for here.
    let settings = [("MREG_HEALTH_CHECK_INTERVAL", "1"), ("MREG_HEALTH_CHECK_TIMEOUT", "60")];
    for (asked, every) in [("server/discover", "86400"), ("tools/list", "1")] {
        let stores = Stores::new().await;
        let settings = [settings[0], settings[1], ("MREG_DRIFT_CHECK_INTERVAL", every)];
        let mut one = Replica::start(&stores, &settings).await;
        let door = Arc::new(Door::of(asked));
        let upstream = behind(Arc::clone(&door));
        one.list("files", &upstream.url()).await;
        turns(&stores, "healthy").await;
        let more = async |before: usize, what: &str| {
            eventually(what, async || (upstream.requests_of(asked).len() > before).then_some(()))
                .await;
        };

        door.shut();
        more(upstream.requests_of(asked).len(), "it is being probed").await;
        let _two = Replica::start(&stores, &settings).await;
        let before = upstream.requests_of(asked).len();
        one.program.terminate();
        assert!(one.program.wait_exit().await.success());

        more(before, "the other one probes it").await;
        door.open();
    }
}

/// Waits until the server was probed five times more, and sees to it that it was asked no more
/// often.
async fn goes_on(stores: &Stores, upstream: &Scripted) {
    let probes = || upstream.requests_of("server/discover").len();
    let (asked, counted) = (probes(), streak(stores).await);
    let more = eventually("probing goes on", async || {
        let more = streak(stores).await - counted;
        (more >= 5).then_some(more)
    })
    .await;
    // One may have been under way at the beginning, and one at the end.
    let probes = i64::try_from(probes() - asked).unwrap();
    assert!(probes <= more + 2, "{probes} probes, {more} counted");
}

/// While it is shut, an MCP server answers nothing; what it was asked then it answers afterwards.
#[derive(Default)]
struct Door {
    gate: Mutex<Option<Gate>>,
    /// What alone it is shut for.
    only: Option<&'static str>,
}

impl Door {
    fn of(method: &'static str) -> Self {
        Self { only: Some(method), ..Self::default() }
    }

    fn shut(&self) {
        *self.gate.lock() = Some(Gate::new());
    }

    fn open(&self) {
        if let Some(gate) = self.gate.lock().take() {
            gate.open_for_all();
        }
    }
}

/// An MCP server behind a door.
fn behind(door: Arc<Door>) -> Scripted {
    Scripted::start(move |request| {
        let nothing = json!({
            "tools": [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
        });
        let answer = answer_handshake(request).unwrap_or_else(|| Reply::result(request, &nothing));
        let is_meant = door.only.is_none_or(|method| method == request.rpc_method());
        match &*door.gate.lock() {
            Some(gate) if is_meant => Reply::bytes().wait(gate).then(answer),
            _ => answer,
        }
    })
}

#[tokio::test]
async fn the_registry_alone_probes_too() {
    let stores = Stores::new().await;
    let program = Launch::program("public-api")
        .envs(&[("DATABASE_URL", stores.database.url()), ("MREG_HEALTH_CHECK_INTERVAL", "1")])
        .start()
        .await;
    let admin = token(&program, json!({ "subject": "root", "roles": ["admin"] })).await;
    let registry = Api::service(&program).with_token(&admin);
    let upstream = RmcpServer::start(RmcpOptions::default());
    let submitted = registry.post("/registrations", &draft("files", &upstream.url())).await;
    let id = submitted.expect(201).json()["registration_id"].as_str().unwrap().to_owned();
    let decision = json!({ "status": "Approved" });
    registry.patch(&format!("/registrations/{id}/status"), &decision).await.expect(200);
    turns(&stores, "healthy").await;
}

/// The findings in a row of the one server.
async fn streak(stores: &Stores) -> i64 {
    stores.number("SELECT health_streak::bigint FROM servers").await
}

/// Waits until the one server has this status.
async fn turns(stores: &Stores, status: &str) {
    eventually(&format!("the server is {status}"), async || {
        let rows = stores
            .rows("SELECT health_status::text FROM servers WHERE last_health_check IS NOT NULL")
            .await;
        rows.first().is_some_and(|row| row.get::<_, &str>(0) == status).then_some(())
    })
    .await;
}
