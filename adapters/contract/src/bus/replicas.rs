//! Who is there.

use std::sync::Arc;

use bytes::Bytes;
use registry_domain::ports::ReplicaId;

use super::{REPLICAS, Subject};
use crate::world::eventually;
use crate::{DEADLINE, Outcome};

pub(super) async fn all_replicas_see_the_same_live_ones(subject: &Subject) -> Outcome {
    let mut expected: Vec<ReplicaId> = subject.all().iter().map(|bus| bus.replica()).collect();
    expected.sort();
    for bus in subject.all() {
        assert_eq!(bus.live_replicas().await?, expected);
    }
    Ok(())
}

pub(super) async fn a_dropped_replica_is_no_longer_live_nor_asked(subject: &Subject) -> Outcome {
    for bus in subject.all() {
        bus.answer("calls", Arc::new(|_| Box::pin(async { Some(Bytes::new()) })));
    }
    drop(subject.buses.lock().pop());
    let bus = subject.bus(0);
    eventually("the dropped replica is not live", || async {
        Ok(bus.live_replicas().await?.len() == REPLICAS - 1)
    })
    .await?;
    let answers = bus.ask("calls", Bytes::new(), DEADLINE).await?;
    assert_eq!(answers.len(), REPLICAS - 1);
    Ok(())
}
