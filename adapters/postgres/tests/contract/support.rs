//! A store to try, and what to try on it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use libtest_mimic::Failed;
use registry_contract::{DEADLINE, MockClock};
use registry_domain::change::Change;
use registry_domain::event::EventStamp;
use registry_domain::id::{EventId, RegistrationId, UserId};
use registry_domain::ports::{RegistrationStore as _, UserStore as _};
use registry_domain::registration::{Registration, RegistrationContent, RegistrationDraft};
use registry_domain::user::{Identity, User};
use registry_postgres::{PgOptions, PgStore};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Ids, one after the other.
static IDS: AtomicU64 = AtomicU64::new(1);

/// A new id.
pub(crate) fn id() -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000, IDS.fetch_add(1, Ordering::Relaxed))
}

/// An open store.
pub(crate) async fn open(options: PgOptions) -> Result<Arc<PgStore>, Failed> {
    let clock = Arc::new(MockClock::new());
    Ok(PgStore::open(options, clock, Handle::current(), TaskTracker::new()).await?)
}

/// What the identity provider says of somebody.
pub(crate) fn identity(name: &str, in_admin_group: Option<bool>) -> Identity {
    Identity {
        subject: format!("oid-{name}"),
        tenant: None,
        email: Some(format!("{name}@example.com")),
        display_name: Some(name.to_owned()),
        in_admin_group,
    }
}

/// Somebody who has signed in.
pub(crate) async fn person(store: &PgStore, name: &str) -> Result<User, Failed> {
    Ok(store.ensure_user(&identity(name, None), UserId(id())).await?.into_user())
}

/// A submission with a number of its own, ready to be committed.
pub(crate) async fn submission(
    store: &PgStore,
    number: u32,
) -> Result<Change<Registration>, Failed> {
    let submitter = person(store, "sam").await?;
    let draft = RegistrationDraft {
        endpoint_url: format!("https://s{number}.example.com/mcp"),
        endpoint_name: format!("Server {number}"),
        description: None,
        owner_contact: "owner@example.com".to_owned(),
        available_tools: Vec::new(),
        alias: None,
    };
    let content =
        RegistrationContent::check(draft).map_err(|wrong| Failed::from(format!("{wrong:?}")))?;
    let microsecond = 1_795_255_200_000_000 + i64::from(number);
    let at = jiff::Timestamp::from_microsecond(microsecond)?;
    let stamp = EventStamp { id: EventId(id()), at };
    Ok(Registration::submit(RegistrationId(id()), content, submitter.id, None, stamp))
}

/// A registration with a number of its own.
pub(crate) async fn submitted(store: &PgStore, number: u32) -> Result<Registration, Failed> {
    let change = submission(store, number).await?;
    store.commit(&change).await?;
    Ok(change.next)
}

/// Waits until a fact holds.
pub(crate) async fn eventually<F>(what: &str, fact: impl Fn() -> F) -> Result<(), Failed>
where
    F: Future<Output = Result<bool, Failed>>,
{
    let holds = async {
        while !fact().await? {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    };
    tokio::time::timeout(DEADLINE, holds)
        .await
        .map_err(|_| format!("waited too long until {what}"))?
}
