//! Listing and cancelling over all replicas: two questions on the bus, each answered within a
//! fifth of a second. A replica that does not answer in time is left out; without a bus each
//! replica tells of its own.

use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use registry_domain::id::ServerId;
use registry_domain::party::{Party, Principal};
use registry_domain::ports::AnswerHandler;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ActiveCall, ActiveCalls};

const LIST: &str = "active-calls.list";
const CANCEL: &str = "active-calls.cancel";

/// How long replicas may take to answer.
const WITHIN: Duration = Duration::from_millis(200);

/// The most calls that one replica tells of at a time; all are counted.
const MOST_LISTED: usize = 1_000;

/// Who looks at running calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    everybodys: bool,
    all_strangers: bool,
    own: Whose,
}

impl Viewer {
    /// Somebody who sees their own calls and no others.
    pub fn of(party: &Party) -> Self {
        Self { everybodys: false, all_strangers: false, own: Whose::of(&party.principal()) }
    }

    /// The same, who also sees the calls of all strangers where that is so.
    #[must_use]
    pub fn with_strangers(self, all_strangers: bool) -> Self {
        Self { all_strangers, ..self }
    }

    /// The same, who also sees everybody's calls where that is so.
    #[must_use]
    pub fn with_everybody(self, everybodys: bool) -> Self {
        Self { everybodys, ..self }
    }

    fn sees(&self, call: &ActiveCall) -> bool {
        self.everybodys
            || (self.all_strangers && matches!(call.principal, Principal::Anonymous(_)))
            || self.own == Whose::of(&call.principal)
    }
}

/// A [`Principal`] as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whose {
    Caller { tenant: String, subject: String },
    Stranger(Option<IpAddr>),
}

impl Whose {
    fn of(principal: &Principal) -> Self {
        match principal {
            Principal::Caller { tenant, subject } => {
                Self::Caller { tenant: tenant.clone(), subject: subject.clone() }
            }
            Principal::Anonymous(address) => Self::Stranger(*address),
        }
    }
}

/// One running call, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveCallView {
    /// The id that logs, records and answers carry.
    pub request_id: String,
    /// The client's JSON-RPC id as text.
    pub jsonrpc_id: Option<String>,
    /// The method.
    pub method: String,
    /// The tool, for `tools/call`.
    pub tool_name: Option<String>,
    /// The server that is asked.
    pub server_id: Option<ServerId>,
    /// Its name.
    pub server_name: Option<String>,
    /// When the call came in.
    pub began: Timestamp,
    /// How long it has been under way, by its replica's clock, in milliseconds.
    pub age_ms: i64,
    /// The caller's tenant.
    pub tenant_id: Option<String>,
    /// The caller's identity; absent of strangers.
    pub user_id: Option<String>,
    /// The replica that it runs on.
    pub replica: Uuid,
    /// Which of its calls it is.
    key: u64,
}

/// The running calls of all replicas that answered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Listing {
    /// How many there are.
    pub count: u64,
    /// They, or the first thousand of each replica; oldest first.
    pub calls: Vec<ActiveCallView>,
}

/// What became of a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// The call with this request id was cancelled.
    Cancelled {
        /// Its id.
        request_id: String,
    },
    /// There is no such call, as far as the viewer may know.
    NotFound,
    /// The id is that of several calls.
    Ambiguous,
}

#[derive(Serialize, Deserialize)]
struct ListQuestion {
    viewer: Viewer,
    /// Only calls that are known by this id.
    id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct CancelQuestion {
    replica: Uuid,
    key: u64,
}

impl ActiveCalls {
    /// The calls that a viewer sees, on all replicas.
    pub async fn list(&self, viewer: &Viewer) -> Listing {
        self.ask_for(ListQuestion { viewer: viewer.clone(), id: None }).await
    }

    /// Cancels the call with this request id, or else the only one with this JSON-RPC id.
    pub async fn cancel(&self, viewer: &Viewer, id: &str) -> Cancellation {
        let question = ListQuestion { viewer: viewer.clone(), id: Some(id.to_owned()) };
        let found = self.ask_for(question).await.calls;
        let named: Vec<_> = found.iter().filter(|call| call.request_id == id).collect();
        let meant = if named.is_empty() { found.iter().collect() } else { named };
        let call = match meant.as_slice() {
            [] => return Cancellation::NotFound,
            [only] => *only,
            _ => return Cancellation::Ambiguous,
        };
        let question = CancelQuestion { replica: call.replica, key: call.key };
        let done = if call.replica == self.bus.replica().0 {
            self.cancel_here(&question)
        } else {
            self.ask::<bool>(CANCEL, &question).await.unwrap_or_default().contains(&true)
        };
        // It may have ended in between: then there is nothing left to cancel.
        if done {
            Cancellation::Cancelled { request_id: call.request_id.clone() }
        } else {
            Cancellation::NotFound
        }
    }

    async fn ask_for(&self, question: ListQuestion) -> Listing {
        let answers = self.ask::<Listing>(LIST, &question).await;
        let mut all = match answers {
            Some(answers) if !answers.is_empty() => {
                answers.into_iter().fold(Listing::default(), |mut all, one| {
                    all.count = all.count.saturating_add(one.count);
                    all.calls.extend(one.calls);
                    all
                })
            }
            _ => self.list_here(&question),
        };
        all.calls.sort_by_key(|call| (call.began, call.key));
        all
    }

    /// What replicas answer; `None` without a bus.
    async fn ask<T: DeserializeOwned>(
        &self,
        topic: &str,
        question: &impl Serialize,
    ) -> Option<Vec<T>> {
        let question = Bytes::from(serde_json::to_vec(question).ok()?);
        match self.bus.ask(topic, question, WITHIN).await {
            Ok(answers) => Some(
                answers.iter().filter_map(|answer| serde_json::from_slice(answer).ok()).collect(),
            ),
            Err(error) => {
                tracing::warn!(%error, topic, "other replicas cannot be asked for their calls");
                None
            }
        }
    }

    /// Answers other replicas. The bus holds the handlers and this holds the bus, hence the weak
    /// references.
    pub(super) fn answer_the_others(self: &Arc<Self>) {
        self.bus.answer(LIST, handler(self, |calls, question| calls.list_here(&question)));
        self.bus.answer(CANCEL, handler(self, |calls, question| calls.cancel_here(&question)));
    }

    fn list_here(&self, question: &ListQuestion) -> Listing {
        let (now, replica) = (self.clock.now(), self.bus.replica().0);
        let mut seen: Vec<_> =
            self.all().into_iter().filter(|call| question.concerns(call)).collect();
        seen.sort_by_key(|call| call.key);
        let count = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        let calls = seen.iter().take(MOST_LISTED).map(|call| call.view(now, replica)).collect();
        Listing { count, calls }
    }

    fn cancel_here(&self, question: &CancelQuestion) -> bool {
        if question.replica != self.bus.replica().0 {
            return false;
        }
        let Some(call) = self.find(question.key) else { return false };
        call.cancel();
        true
    }
}

fn handler<Q, A>(calls: &Arc<ActiveCalls>, answer: fn(&ActiveCalls, Q) -> A) -> AnswerHandler
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + Send + 'static,
{
    let calls: Weak<ActiveCalls> = Arc::downgrade(calls);
    Arc::new(move |question: Bytes| {
        let calls = calls.clone();
        Box::pin(async move {
            let question = serde_json::from_slice(&question).ok()?;
            let answer = answer(&*calls.upgrade()?, question);
            serde_json::to_vec(&answer).ok().map(Bytes::from)
        })
    })
}

impl ListQuestion {
    fn concerns(&self, call: &ActiveCall) -> bool {
        let known = |id: &str| {
            call.request_id == id || call.jsonrpc_id().is_some_and(|jsonrpc_id| jsonrpc_id == id)
        };
        self.id.as_deref().is_none_or(known) && self.viewer.sees(call)
    }
}

impl ActiveCall {
    fn jsonrpc_id(&self) -> Option<String> {
        match self.id_json.as_str() {
            "null" => None,
            text => Some(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())),
        }
    }

    pub(super) fn view(&self, now: Timestamp, replica: Uuid) -> ActiveCallView {
        let server = self.server.lock().clone();
        let (tenant_id, user_id) = match &self.principal {
            Principal::Caller { tenant, subject } => {
                (Some(tenant.clone()).filter(|tenant| !tenant.is_empty()), Some(subject.clone()))
            }
            Principal::Anonymous(_) => (None, None),
        };
        ActiveCallView {
            request_id: self.request_id.clone(),
            jsonrpc_id: self.jsonrpc_id(),
            method: self.method.clone(),
            tool_name: self.tool.clone(),
            server_id: server.as_ref().map(|server| server.id),
            server_name: server.map(|server| server.name.clone()),
            began: self.began,
            age_ms: i64::try_from(now.duration_since(self.began).as_millis()).unwrap_or(i64::MAX),
            tenant_id,
            user_id,
            replica,
            key: self.key,
        }
    }
}
