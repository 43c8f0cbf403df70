//! How long an answer may take as a whole.
//!
//! Each part of an answer has its own timeout, which an upstream that sends a byte now and then
//! never meets. The end of the whole is looked at whenever a part arrives: that costs no timer, and
//! it is at most one part's timeout late.

use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;
use tokio::time::Instant;

use crate::exchange::ExchangeSettings;

/// When an answer has to be complete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// None if the setting is longer than time.
    at: Option<Instant>,
}

impl Deadline {
    /// That of an answer that begins now.
    pub(super) fn of(settings: &ExchangeSettings) -> Self {
        Self { at: Instant::now().checked_add(settings.max_exchange) }
    }

    /// To be asked when a part arrives.
    ///
    /// # Errors
    /// It is over.
    pub(super) fn check(self) -> Result<(), UpstreamFailure> {
        match self.at {
            Some(at) if Instant::now() > at => Err(over("the answer took longer than one may")),
            _ => Ok(()),
        }
    }
}

/// An answer that did not come in time.
pub(super) fn over(detail: &str) -> UpstreamFailure {
    UpstreamFailure { class: FaultClass::Timeout, detail: detail.to_owned(), request_sent: true }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_over_when_it_took_longer_than_one_may() {
        let of = |max_exchange| {
            Deadline::of(&ExchangeSettings { max_exchange, ..ExchangeSettings::for_testing() })
        };
        let deadline = of(Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(deadline.check().unwrap_err().class, FaultClass::Timeout);
        assert_eq!(of(Duration::from_mins(1)).check(), Ok(()));
        assert_eq!(of(Duration::MAX).check(), Ok(()));
    }
}
