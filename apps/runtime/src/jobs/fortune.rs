//! How a job's log tells that something fails, and that it goes again: once, not at every try.

/// Tells the log of a change of fortune: once that something fails, and once that it goes again.
pub(super) struct Fortune {
    what: &'static str,
    failing: bool,
}

impl Fortune {
    /// What it is, in words that go with "again" and "not … right now".
    pub(super) const fn of(what: &'static str) -> Self {
        Self { what, failing: false }
    }

    /// Notes how a try went, and answers whether it went well.
    pub(super) fn note<T>(&mut self, tried: &Result<T, impl std::fmt::Display>) -> bool {
        match tried {
            Ok(_) if self.failing => tracing::info!("{} again", self.what),
            Err(error) if !self.failing => {
                tracing::warn!(%error, "not {} right now; trying on", self.what);
            }
            _ => {}
        }
        self.failing = tried.is_err();
        !self.failing
    }
}
