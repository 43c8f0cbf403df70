//! What is refused before its end: read from the store each second, and known at once where it was
//! said.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use registry_domain::oauth::Denial;
use registry_domain::ports::{PortError, end_after};
use uuid::Uuid;

use crate::server::OAuthServer;

/// How far back each reading looks: replicas' clocks differ, and a commit may take its time.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(2);
/// How much longer than the tokens a denial lives, for clocks that are behind.
const MARGIN: Duration = Duration::from_mins(1);

impl OAuthServer {
    /// Reads what other replicas denied lately.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn renew_denials(&self) -> Result<(), PortError> {
        let now = self.ports.clock.now();
        // At first all that may still matter: no denial lives longer than a token.
        let since = if self.denied.load().is_empty() {
            Timestamp::UNIX_EPOCH
        } else {
            now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::UNIX_EPOCH)
        };
        let news = self.ports.store.denied_since(since).await?;
        self.note(&news, now);
        Ok(())
    }

    /// A denial of a token, or of all tokens of a grant, until all that were given out have ended.
    pub(crate) fn denial(&self, what: Uuid) -> Denial {
        let now = self.ports.clock.now();
        let ends_at = end_after(now, self.settings.access_ttl.saturating_add(MARGIN));
        Denial { what, since: now, ends_at }
    }

    /// Ends a grant, with all of its tokens.
    pub(crate) async fn end(&self, grant: Uuid) -> Result<(), PortError> {
        let denial = self.denial(grant);
        self.ports.store.end_grant(&denial).await?;
        self.note(&[denial], self.ports.clock.now());
        Ok(())
    }

    /// Refuses one token.
    pub(crate) async fn deny(&self, jti: Uuid) -> Result<(), PortError> {
        let denial = self.denial(jti);
        self.ports.store.deny(&denial).await?;
        self.note(&[denial], self.ports.clock.now());
        Ok(())
    }

    pub(crate) fn is_denied(&self, ids: [Uuid; 2]) -> bool {
        let denied = self.denied.load();
        !denied.is_empty() && ids.iter().any(|id| denied.contains_key(id))
    }

    fn note(&self, news: &[Denial], now: Timestamp) {
        let known = self.denied.load();
        let nothing_new = news.iter().all(|denial| known.contains_key(&denial.what));
        if nothing_new && known.values().all(|end| now < *end) {
            return;
        }
        self.denied.rcu(|known| {
            let living = known.iter().filter(|(_, end)| now < **end).map(|(id, end)| (*id, *end));
            let news = news.iter().map(|denial| (denial.what, denial.ends_at));
            Arc::new(living.chain(news).collect::<HashMap<_, _>>())
        });
    }
}
