//! Notices the events of all replicas: by NOTIFY on a connection of its own, and by a slow look at
//! the counter for what no notification told of.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use registry_domain::ports::Source;
use tokio_postgres::{AsyncMessage, Client};

use crate::connection::{Connector, in_words};
use crate::events::publish;
use crate::store::Core;

/// The channel on which `announce_events` (migration 3) tells the newest event's position.
const LISTEN: &str = "LISTEN mcp_registry_events";
/// How long to wait before the first new connection, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

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
    let hear = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(told) = message? {
                publish(&core.newest, told.payload().parse().unwrap_or_default());
            }
        }
        Err::<Infallible, Source>("the connection was closed".into())
    };
    // First the ear, then the look: nothing falls between.
    let look = async {
        tokio::time::timeout(core.options.connect_timeout, client.batch_execute(LISTEN)).await??;
        loop {
            let latest = tokio::time::timeout(core.options.connect_timeout, latest(&client));
            publish(&core.newest, latest.await??);
            *pause = PAUSES.0;
            tokio::time::sleep(core.options.poll_interval).await;
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
