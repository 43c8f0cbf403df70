//! Who watches commits hears of each before its writer is answered.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use registry_domain::ports::CommitWatch;
use tokio::sync::Semaphore;

use crate::Outcome;
use crate::world::{World, conflict, content, draft, eventually, failed, in_time};

/// Notes what it hears, and keeps the writer waiting until it may go on.
struct Doorkeeper {
    heard: Mutex<Vec<&'static str>>,
    open: Semaphore,
}

impl Doorkeeper {
    fn new() -> Arc<Self> {
        Arc::new(Self { heard: Mutex::default(), open: Semaphore::new(0) })
    }

    fn heard(&self) -> usize {
        self.heard.lock().len()
    }
}

#[async_trait]
impl CommitWatch for Doorkeeper {
    async fn committed(&self, name: &'static str) {
        self.heard.lock().push(name);
        drop(self.open.acquire().await);
    }
}

pub(crate) async fn a_commit_is_told_before_its_writer_is_answered(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let change =
        read.clone().edit(content(draft(2))?, read.submitter, world.stamp()).map_err(failed)?;
    let door = Doorkeeper::new();
    world.instance.watch_commits(door.clone());
    let store = world.ports().registrations;
    let writing = store.commit(&change);
    let watching = async {
        eventually("the commit is told", || async { Ok(door.heard() > 0) }).await?;
        let seen = world.view(read.id).await?.registration;
        // Another who reads now finds it, and only then is the writer answered.
        door.open.add_permits(1000);
        Ok(seen)
    };
    let (written, seen) =
        in_time("the writer is answered", futures_util::future::join(writing, watching)).await?;
    written?;
    let seen: Result<_, libtest_mimic::Failed> = seen;
    assert_eq!(seen?, change.next);
    assert_eq!(*door.heard.lock(), ["commit_registration"]);
    Ok(())
}

pub(crate) async fn what_was_refused_is_not_told(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let editor = read.submitter;
    let first = read.clone().edit(content(draft(2))?, editor, world.stamp()).map_err(failed)?;
    let second = read.edit(content(draft(3))?, editor, world.stamp()).map_err(failed)?;
    let store = world.ports().registrations;
    store.commit(&first).await?;
    let door = Doorkeeper::new();
    door.open.add_permits(1000);
    world.instance.watch_commits(door.clone());
    assert_eq!(conflict(store.commit(&second).await)?, Some(2));
    assert_eq!(door.heard(), 0, "nothing was written");
    world.submitted(4).await?;
    assert!(door.heard() > 0, "what came after was");
    Ok(())
}
