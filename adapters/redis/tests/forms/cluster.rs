//! A cluster: three masters, each with a third of the slots.

use crate::adapter::trials;
use crate::server::{Server, eventually, wait};

/// How many slots any cluster has.
const SLOTS: usize = 16_384;

/// Three masters that know each other.
struct Cluster([Server; 3]);

impl Cluster {
    async fn start() -> Self {
        let settings = "cluster-enabled yes\ncluster-node-timeout 5000";
        let nodes = [(); 3].map(|()| Server::start(&[], settings));
        for (number, node) in nodes.iter().enumerate() {
            eventually("it listens", || node.told::<()>(&["PING"])).await;
            let slots = (0..SLOTS).filter(|slot| slot % nodes.len() == number);
            let slots: Vec<String> = slots.map(|slot| slot.to_string()).collect();
            let add = ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots.iter().map(String::as_str));
            node.told::<()>(&add.collect::<Vec<_>>()).await.unwrap();
            let epoch = (number + 1).to_string();
            node.told::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await.unwrap();
        }
        let [first, others @ ..] = &nodes;
        for other in others {
            let port = other.port.to_string();
            first.told::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port]).await.unwrap();
        }
        for node in &nodes {
            eventually("all know each other", async || {
                let info: String = node.told(&["CLUSTER", "INFO"]).await.unwrap();
                let says = |line: &str| info.lines().any(|found| found == line);
                let agrees = says("cluster_state:ok") && says("cluster_size:3");
                if agrees { Ok(()) } else { Err(info) }
            })
            .await;
        }
        Self(nodes)
    }

    /// Its URL, which names two of the three.
    fn url(&self) -> String {
        let [first, second, _] = &self.0;
        format!("redis+cluster://{},{}", first.addr(), second.addr())
    }
}

/// Neighbouring slots lie on different nodes, so that two keys seldom lie on one: what assumes that
/// they do fails.
#[test]
fn every_behaviour_holds_on_a_cluster() {
    let cluster = wait(Cluster::start());
    assert!(registry_contract::all_hold(trials(cluster.url())));
    for node in &cluster.0 {
        let keys: usize = wait(node.told(&["DBSIZE"])).unwrap();
        assert!(keys > 0, "all nodes were used");
    }
}
