//! Tokens of people for servers that are opened in their name, or that they granted us themselves:
//! there where people sign in somewhere.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::caller::Caller;
use registry_domain::credential::Credential;
use registry_domain::ports::{PersonalTokenFault, PersonalTokens};
use registry_domain::use_cases::{
    OnBehalf, forget_on_behalf, forget_token_of_grant, token_of_grant, token_on_behalf,
};
use registry_domain::user_grant::ConnectPorts;
use tokio::runtime::Handle;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::task::TaskTracker;

/// How often it is looked whether somebody else has got the token.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a call waits for that.
const BUSY_WITHIN: Duration = Duration::from_secs(10);

/// Gets tokens in tracked tasks: what was begun is finished and kept, whatever becomes of the call
/// that began it.
pub(crate) struct TokensOnBehalf {
    ports: ConnectPorts,
    runtime: Handle,
    tasks: TaskTracker,
}

impl TokensOnBehalf {
    pub(crate) fn new(ports: ConnectPorts, tasks: TaskTracker) -> Self {
        Self { ports, runtime: Handle::current(), tasks }
    }

    async fn look(
        &self,
        caller: &Caller,
        credential: &Credential,
    ) -> Result<OnBehalf, PersonalTokenFault> {
        let (ports, caller, credential) = (self.ports.clone(), caller.clone(), credential.clone());
        let looked = async move {
            if credential.is_granted_by_callers() {
                token_of_grant(&ports, &caller, &credential).await
            } else {
                token_on_behalf(&ports.sign_in, &caller, &credential).await
            }
        };
        let looked = self.runtime.spawn(self.tasks.track_future(looked)).await;
        looked.unwrap_or(Err(PersonalTokenFault::Unavailable))
    }
}

#[async_trait]
impl PersonalTokens for TokensOnBehalf {
    async fn shown_for(
        &self,
        caller: &Caller,
        credential: &Credential,
    ) -> Result<Arc<Credential>, PersonalTokenFault> {
        let until = Instant::now() + BUSY_WITHIN;
        let mut looks = tokio::time::interval(LOOK_AGAIN);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            match self.look(caller, credential).await? {
                OnBehalf::Shown(shown) => return Ok(shown),
                OnBehalf::Busy if Instant::now() < until => {}
                OnBehalf::Busy => return Err(PersonalTokenFault::Unavailable),
            }
        }
    }

    async fn forget(&self, caller: &Caller, credential: &Credential, shown: &Credential) {
        let forgotten = if credential.is_granted_by_callers() {
            forget_token_of_grant(&self.ports, caller, credential, shown).await
        } else {
            forget_on_behalf(&self.ports.sign_in, caller, credential).await
        };
        if let Err(error) = forgotten {
            tracing::debug!(%error, "a token that was not taken could not be forgotten");
        }
    }
}
