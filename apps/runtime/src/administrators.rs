//! Who administrates by the stored flag: what the store said a moment ago, for paths that do not ask
//! it on each call.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use registry_domain::ports::{Administrators, PortError, UserStore};
use registry_domain::user::AdminSource;

/// So many administrators are known; more than that is a mistake in somebody's SQL.
const MOST: u32 = 10_000;

/// The administrators of a moment ago.
pub(crate) struct KnownAdministrators {
    users: Arc<dyn UserStore>,
    known: ArcSwap<HashMap<String, AdminSource>>,
}

impl KnownAdministrators {
    /// Reads them once.
    ///
    /// # Errors
    /// [`PortError`].
    pub(crate) async fn open(users: Arc<dyn UserStore>) -> Result<Self, PortError> {
        let known = Self { users, known: ArcSwap::default() };
        known.refresh().await?;
        Ok(known)
    }

    /// Reads them again. While the store is away the last ones stand.
    pub(crate) async fn refresh(&self) -> Result<(), PortError> {
        let now: HashMap<_, _> = self.users.administrators(MOST).await?.into_iter().collect();
        if **self.known.load() != now {
            self.known.store(Arc::new(now));
        }
        Ok(())
    }
}

impl Administrators for KnownAdministrators {
    fn made_by(&self, subject: &str) -> Option<AdminSource> {
        self.known.load().get(subject).copied()
    }
}

impl fmt::Debug for KnownAdministrators {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KnownAdministrators").finish_non_exhaustive()
    }
}
