//! Who holds a lease, and for how long.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Subject, holder};
use crate::Outcome;
use crate::world::eventually;

const LONG: Duration = Duration::from_mins(5);
const SHORT: Duration = Duration::from_millis(2);

pub(super) async fn a_lease_is_one_holders_until_it_is_given_back(subject: &Subject) -> Outcome {
    let [here, there] = subject.replicas.as_slice() else { return Err("two replicas".into()) };
    assert!(here.try_acquire("é probe:1", holder(1), LONG).await?);
    assert!(!there.try_acquire("é probe:1", holder(2), LONG).await?);
    assert!(here.try_acquire("é probe:1", holder(1), LONG).await?, "its own, once more");
    assert!(!there.renew("é probe:1", holder(2), LONG).await?);
    there.release("é probe:1", holder(2)).await?;
    assert!(!there.try_acquire("é probe:1", holder(2), LONG).await?, "not theirs to give back");
    here.release("é probe:1", holder(1)).await?;
    assert!(there.try_acquire("é probe:1", holder(2), LONG).await?);
    assert!(!here.renew("é probe:1", holder(1), LONG).await?);
    Ok(())
}

pub(super) async fn leases_of_other_names_are_others(subject: &Subject) -> Outcome {
    let [here, there] = subject.replicas.as_slice() else { return Err("two replicas".into()) };
    assert!(here.try_acquire("one", holder(1), LONG).await?);
    assert!(there.try_acquire("other", holder(2), LONG).await?);
    here.release("other", holder(1)).await?;
    assert!(there.renew("other", holder(2), LONG).await?);
    Ok(())
}

pub(super) async fn of_many_who_want_a_lease_at_once_exactly_one_gets_it(
    subject: &Subject,
) -> Outcome {
    let mut asking = JoinSet::new();
    for (number, replica) in (1..=16_u128).zip(subject.replicas.iter().cycle()) {
        let replica = Arc::clone(replica);
        asking.spawn(async move { replica.try_acquire("probe", holder(number), LONG).await });
    }
    let mut holders = 0;
    while let Some(asked) = asking.join_next().await {
        holders += u32::from(asked??);
    }
    assert_eq!(holders, 1);
    Ok(())
}

pub(super) async fn a_lease_that_nobody_renews_ends_and_its_holder_notices(
    subject: &Subject,
) -> Outcome {
    let [here, there] = subject.replicas.as_slice() else { return Err("two replicas".into()) };
    assert!(here.try_acquire("probe", holder(1), SHORT).await?);
    subject.clock.advance(SHORT);
    eventually("the lease is another's", || async {
        Ok(there.try_acquire("probe", holder(2), LONG).await?)
    })
    .await?;
    assert!(!here.renew("probe", holder(1), LONG).await?, "who was away too long is told");
    here.release("probe", holder(1)).await?;
    assert!(there.renew("probe", holder(2), LONG).await?, "and takes nothing away");
    Ok(())
}

pub(super) async fn a_renewed_lease_goes_on(subject: &Subject) -> Outcome {
    let [here, there] = subject.replicas.as_slice() else { return Err("two replicas".into()) };
    assert!(here.try_acquire("probe", holder(1), LONG).await?);
    subject.clock.advance(LONG / 2);
    assert!(here.renew("probe", holder(1), LONG).await?);
    subject.clock.advance(LONG / 2 + SHORT);
    assert!(!there.try_acquire("probe", holder(2), LONG).await?);
    Ok(())
}
