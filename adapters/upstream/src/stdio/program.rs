//! What the operator's file says of a program, and whether it runs.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use registry_domain::endpoint::EndpointUrl;
use registry_domain::id::Alias;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{OpenedUpstream, UpstreamFailure};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::fault::failure;
use crate::link::Link;

/// A program that ran so long is well: the next start is at once again.
const STEADY: Duration = Duration::from_mins(1);
/// The longest pause between two starts.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Values of the environment that are shorter say nothing when they are logged.
const SHORTEST_SECRET: usize = 4;

/// A program as the operator's file names it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProgramSpec {
    /// The alias of its server.
    pub alias: Alias,
    /// What is started: a path, or a name found by `PATH`.
    pub command: String,
    /// With which arguments.
    pub args: Vec<String>,
    /// With which environment, beside `PATH`.
    pub env: Vec<(String, String)>,
    /// In which folder.
    pub folder: Option<PathBuf>,
}

impl ProgramSpec {
    /// A line without the values of its environment.
    pub(super) fn masked(&self, line: &str) -> String {
        let secrets = self.env.iter().map(|(_, value)| value.as_str());
        secrets
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
            .fold(line.to_owned(), |line, secret| line.replace(secret, "***"))
    }
}

impl fmt::Debug for ProgramSpec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments and values of the environment may be secrets.
        out.debug_struct("ProgramSpec")
            .field("alias", &self.alias)
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// A program and what is known of it.
pub(crate) struct Program {
    pub(crate) spec: Arc<ProgramSpec>,
    state: Mutex<Running>,
}

/// Whether a program runs. Who holds it may start it.
#[derive(Default)]
pub(crate) struct Running {
    /// The connection to it, and what it said when it was opened.
    pub(crate) now: Option<(Arc<Link>, OpenedUpstream)>,
    started: Option<Instant>,
    starts_in_a_row: u32,
}

impl Running {
    /// The connection, while it can carry a call.
    pub(crate) fn alive(&self) -> Option<&(Arc<Link>, OpenedUpstream)> {
        self.now.as_ref().filter(|(link, _)| link.is_alive())
    }

    /// Notes a start, unless it is too early for one.
    ///
    /// # Errors
    /// The program has ended too often to be started again now.
    pub(crate) fn begin(&mut self, now: Instant) -> Result<(), UpstreamFailure> {
        let ran_for = self.started.map(|started| now.saturating_duration_since(started));
        if ran_for.is_some_and(|ran_for| ran_for >= STEADY.max(pause(self.starts_in_a_row))) {
            self.starts_in_a_row = 0;
        }
        if let Some(ran_for) = ran_for
            && let Some(left) = pause(self.starts_in_a_row).checked_sub(ran_for)
            && !left.is_zero()
        {
            let detail = format!(
                "the program has ended {} times in a row; it is started again in {} s",
                self.starts_in_a_row,
                left.as_secs() + 1
            );
            return Err(failure(FaultClass::Unreachable, detail, false));
        }
        self.now = None;
        self.started = Some(now);
        self.starts_in_a_row += 1;
        Ok(())
    }
}

/// How long after its last start a program may be started again: the second time at once, then
/// after 1 s, doubled each time.
fn pause(starts_in_a_row: u32) -> Duration {
    match starts_in_a_row.checked_sub(2) {
        None => Duration::ZERO,
        Some(doublings) => {
            Duration::from_secs(2_u64.saturating_pow(doublings.min(16))).min(LONGEST_PAUSE)
        }
    }
}

/// The programs of the operator's file, by alias.
#[derive(Default)]
pub(crate) struct Programs(HashMap<String, Program>);

impl Programs {
    pub(crate) fn new(specs: Vec<ProgramSpec>) -> Self {
        let program = |spec: ProgramSpec| {
            let alias = spec.alias.as_str().to_owned();
            (alias, Program { spec: Arc::new(spec), state: Mutex::default() })
        };
        Self(specs.into_iter().map(program).collect())
    }

    /// The program of an address.
    ///
    /// # Errors
    /// The operator's file names none there.
    pub(crate) fn find(&self, endpoint: &EndpointUrl) -> Result<&Program, UpstreamFailure> {
        endpoint.url().host_str().and_then(|alias| self.0.get(alias)).ok_or_else(|| {
            let detail = "no program of that alias is in this process's MREG_STDIO_SERVERS_FILE";
            failure(FaultClass::Unreachable, detail, false)
        })
    }
}

impl Program {
    /// Whether it runs; of many who ask at once, one starts it.
    pub(crate) async fn state(&self) -> MutexGuard<'_, Running> {
        self.state.lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_again_and_again_is_started_later_each_time() {
        let mut running = Running::default();
        let mut now = Instant::now();
        assert!(running.begin(now).is_ok());
        assert!(running.begin(now).is_ok(), "the second time at once");
        for pause in [1, 2, 4, 8] {
            let refused = running.begin(now).unwrap_err();
            assert!(refused.detail.contains("times in a row"), "{}", refused.detail);
            now += Duration::from_secs(pause);
            assert!(running.begin(now).is_ok(), "after {pause} s");
        }
        now += Duration::from_secs(90);
        assert!(running.begin(now).is_ok());
        assert!(running.begin(now).is_ok(), "it had run long enough to be forgiven");
        assert_eq!(pause(40), LONGEST_PAUSE);
    }

    #[test]
    fn a_line_is_logged_without_the_values_of_the_environment() {
        let spec = ProgramSpec {
            alias: Alias::parse("files").unwrap(),
            command: "x".to_owned(),
            args: vec!["--key=hush".to_owned()],
            env: vec![("TOKEN".to_owned(), "s3cret".to_owned()), ("N".to_owned(), "1".to_owned())],
            folder: None,
        };
        assert_eq!(spec.masked("1 token is s3cret."), "1 token is ***.");
        let shown = format!("{spec:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("hush"), "{shown}");
    }
}
