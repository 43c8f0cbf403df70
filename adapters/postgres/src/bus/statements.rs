//! The bus's SQL. Ids pass as texts; times are the database's, so that nobody's clock decides over
//! another one's life.

use std::time::Duration;

use bytes::Bytes;
use registry_domain::ports::ReplicaId;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use super::envelope;
use super::frame::Frame;
use crate::place::without_nul;

/// What the connection is like. Nothing on it is worth a wait for the disk: who crashes with the
/// database's last moment unwritten reads everything anew.
fn setup(patience: Duration) -> String {
    format!(
        "SET statement_timeout = {}; SET synchronous_commit = off; LISTEN mcp_registry_bus",
        patience.as_millis().max(1)
    )
}

const SAY: &str = "SELECT pg_notify('mcp_registry_bus', $1)";

/// Keeps a frame and names its row, both or neither.
const KEEP_AND_SAY: &str = "
WITH kept AS (
    INSERT INTO replica_messages (message_id, sender, recipient, topic, payload, sent_at)
    VALUES (gen_random_uuid(), $1::uuid, $2::uuid, $3, $4, clock_timestamp())
    RETURNING message_id
)
SELECT pg_notify('mcp_registry_bus', $5 || message_id) FROM kept";

const FETCH: &str = "SELECT payload FROM replica_messages WHERE message_id = $1::uuid";

/// Says that a replica lives, and takes away old messages and those who died long ago: what others
/// take away at this moment is left to them.
const BEAT: &str = "
WITH swept AS (
    DELETE FROM replica_messages WHERE message_id IN (
        SELECT message_id FROM replica_messages
        WHERE sent_at < clock_timestamp() - make_interval(secs => $2)
        FOR UPDATE SKIP LOCKED)
), forgotten AS (
    DELETE FROM replicas WHERE replica_id IN (
        SELECT replica_id FROM replicas
        WHERE seen_at < clock_timestamp() - interval '1 hour' AND replica_id <> $1::uuid
        FOR UPDATE SKIP LOCKED)
)
INSERT INTO replicas (replica_id, started_at, seen_at)
VALUES ($1::uuid, clock_timestamp(), clock_timestamp())
ON CONFLICT (replica_id) DO UPDATE SET seen_at = clock_timestamp()";

const LIVE: &str = "
SELECT replica_id::text FROM replicas
WHERE seen_at > clock_timestamp() - make_interval(secs => $1)";

const LEAVE: &str = "DELETE FROM replicas WHERE replica_id = $1::uuid";

/// Prepares a new connection: from here on it hears.
pub(super) async fn listen(client: &Client, patience: Duration) -> Result<(), Error> {
    client.batch_execute(&setup(patience)).await
}

/// Says something to one replica, or to all.
pub(super) async fn say(
    client: &Client,
    sender: ReplicaId,
    to: Option<ReplicaId>,
    frame: &Frame,
) -> Result<(), Error> {
    let bytes = frame.write();
    if let Some(text) = envelope::inside(to, &bytes) {
        client.query_typed(SAY, &[(&text, Type::TEXT)]).await?;
        return Ok(());
    }
    let (sender, recipient) = (sender.to_string(), to.map(|to| to.to_string()));
    let topic = without_nul(frame.topic());
    client
        .query_typed(
            KEEP_AND_SAY,
            &[
                (&sender, Type::TEXT),
                (&recipient, Type::TEXT),
                (&topic.as_ref(), Type::TEXT),
                (&bytes.as_ref(), Type::BYTEA),
                (&envelope::kept(to), Type::TEXT),
            ],
        )
        .await?;
    Ok(())
}

/// A frame that is kept in a row; nothing once it was taken away.
pub(super) async fn fetch(client: &Client, id: Uuid) -> Result<Option<Bytes>, Error> {
    let rows = client.query_typed(FETCH, &[(&id.to_string(), Type::TEXT)]).await?;
    let payload = rows.first().map(|row| row.try_get::<_, Vec<u8>>(0)).transpose()?;
    Ok(payload.map(Bytes::from))
}

/// Says that a replica lives.
pub(super) async fn beat(
    client: &Client,
    replica: ReplicaId,
    keep_for: Duration,
) -> Result<(), Error> {
    let (replica, keep_for) = (replica.to_string(), keep_for.as_secs_f64());
    client.query_typed(BEAT, &[(&replica, Type::TEXT), (&keep_for, Type::FLOAT8)]).await?;
    Ok(())
}

/// Who said within this time that they live.
pub(super) async fn live(client: &Client, live_for: Duration) -> Result<Vec<ReplicaId>, Error> {
    let rows = client.query_typed(LIVE, &[(&live_for.as_secs_f64(), Type::FLOAT8)]).await?;
    let ids: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok(ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(ReplicaId).collect())
}

/// Says goodbye, so that nobody waits for this replica.
pub(super) async fn leave(client: &Client, replica: ReplicaId) -> Result<(), Error> {
    client.query_typed(LEAVE, &[(&replica.to_string(), Type::TEXT)]).await?;
    Ok(())
}
