//! Sees to it that no answer from before a commit is given after it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::ports::CommitWatch;
use registry_http_edge::reads::Answers;
use tokio::sync::Notify;

/// How long a writer waits for its commit to be known everywhere. Beyond that this process gives no
/// kept answers, until a job has made up for it.
const WITHIN: Duration = Duration::from_millis(500);

/// Writes that come by themselves, often, and that no kept answer shows: what calls leave behind,
/// who of the replicas does a job, and sessions.
const NOT_SHOWN: [&str; 7] = [
    "append_operations",
    "ask_lease",
    "acquire_lease",
    "renew_lease",
    "release_lease",
    "put_session",
    "take_session",
];

/// Begins a new generation of answers with each commit.
pub(crate) struct Freshness {
    answers: Arc<Answers>,
    overdue: Notify,
}

impl Freshness {
    /// For these answers.
    pub(crate) fn of(answers: Arc<Answers>) -> Arc<Self> {
        Arc::new(Self { answers, overdue: Notify::new() })
    }

    /// Returns once a commit could not be made known in time.
    pub(crate) async fn overdue(&self) {
        self.overdue.notified().await;
    }

    /// The answers.
    pub(crate) const fn answers(&self) -> &Arc<Answers> {
        &self.answers
    }
}

#[async_trait]
impl CommitWatch for Freshness {
    async fn committed(&self, name: &'static str) {
        if NOT_SHOWN.contains(&name) {
            return;
        }
        if !matches!(tokio::time::timeout(WITHIN, self.answers.renew()).await, Ok(Ok(()))) {
            self.overdue.notify_one();
        }
    }
}
