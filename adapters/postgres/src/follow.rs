//! Notices the events of all replicas: by NOTIFY on a connection of its own, and by a slow look at
//! the counter for what no notification told of.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use registry_domain::ports::Source;
use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Client};

use crate::connection::{Connector, in_words};
use crate::events::correct;
use crate::store::Core;

/// The channel of `announce_events` (migration 3). Any role may say anything there, so what is heard
/// means no more than that it is time to look at the counter.
const LISTEN: &str = "LISTEN mcp_registry_events";
/// How long to wait before the first new connection, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// The least time between two looks, however often one is told to look.
const BREATH: Duration = Duration::from_millis(10);

/// Listens again and again.
pub(crate) async fn follow(connector: Connector, core: Arc<Core>) {
    let mut pause = PAUSES.0;
    loop {
        let known = *core.newest.borrow();
        let Err(error) = listen(&connector, &core, &mut pause).await;
        tracing::warn!(
            error = in_words(error.as_ref()),
            newest = known,
            "events of other replicas are not heard of; trying again"
        );
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(PAUSES.1);
    }
}

async fn listen(
    connector: &Connector,
    core: &Core,
    pause: &mut Duration,
) -> Result<Infallible, Source> {
    let (client, mut driver) = connector.bare().await?;
    let mut messages = futures_util::stream::poll_fn(move |task| driver.poll_message(task));
    // Holds one call at most: what comes during a look is followed by one more.
    let bell = Notify::new();
    let hear = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(_) = message? {
                bell.notify_one();
            }
        }
        Err::<Infallible, Source>("the connection was closed".into())
    };
    // First the ear, then the look: nothing falls between.
    let look = async {
        let patience = core.options.connect_timeout;
        tokio::time::timeout(patience, client.batch_execute(LISTEN)).await??;
        loop {
            let before = *core.newest.borrow();
            let latest = tokio::time::timeout(patience, latest(&client)).await??;
            correct(&core.newest, before, latest);
            *pause = PAUSES.0;
            tokio::time::sleep(BREATH).await;
            let called = bell.notified();
            // Not called: the slow look.
            tokio::time::timeout(core.options.poll_interval, called).await.ok();
        }
    };
    tokio::select! {
        done = hear => done,
        done = look => done,
    }
}

async fn latest(client: &Client) -> Result<i64, tokio_postgres::Error> {
    client.query_one("SELECT seq FROM event_head", &[]).await?.try_get(0)
}
