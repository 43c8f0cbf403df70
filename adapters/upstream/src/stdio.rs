//! Programs of the operator's file, spoken with over their standard input and output: one JSON-RPC
//! message per line.
//!
//! A program is started without a shell, in a process group of its own, with no environment but
//! `PATH` and what the file says. What it says on standard error goes to the log, bounded and without
//! the values of its environment. It is started when it is first needed and again when it has ended,
//! each time later than before. The process is shared by everybody, so nobody is asked anything
//! through it.

mod lines;
mod program;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::fault::{self, failure, of_answer};
use crate::link::{self, Link, Outbox};
use lines::Lines;
pub use program::ProgramSpec;
pub(crate) use program::Programs;

/// How long a program may take to end after its input was closed, and then after it was told to.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
/// How long a program may take to read one message.
const READS_WITHIN: Duration = Duration::from_secs(30);
/// How many answers of our own wait until they are written; more are not given.
const MOST_ANSWERS: usize = 16;
/// How many lines of its standard error are logged in a minute, and how long each may be.
const MOST_LINES: u32 = 200;
const LONGEST_LINE: usize = 1024;

/// A running program.
pub(crate) struct ProgramConnection {
    spec: Arc<ProgramSpec>,
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    errors: ChildStderr,
    max_message_bytes: usize,
}

impl ProgramConnection {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(
        spec: Arc<ProgramSpec>,
        max_message_bytes: usize,
    ) -> Result<Self, UpstreamFailure> {
        let mut command = Command::new(&spec.command);
        command
            .args(&spec.args)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(spec.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(folder) = &spec.folder {
            command.current_dir(folder);
        }
        let unstarted = |detail| failure(FaultClass::Unreachable, detail, false);
        let mut child = command.spawn().map_err(|error| {
            tracing::warn!(server = %spec.alias, %error, "a program cannot be started");
            unstarted("the program cannot be started")
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(unstarted("the program has no standard input and output"));
        };
        tracing::info!(server = %spec.alias, pid = child.id(), "a program was started");
        Ok(Self { spec, child, input, output, errors, max_message_bytes })
    }

    /// Carries messages until one side ends; then the program has ended too.
    pub(crate) async fn run(self, link: &Link, outbox: &mut Outbox) -> UpstreamFailure {
        let Self { spec, mut child, mut input, output, errors, max_message_bytes } = self;
        let (answers, mut answered) = mpsc::channel(MOST_ANSWERS);
        let logging = log(&spec, errors);
        tokio::pin!(logging);
        let failure = tokio::select! {
            () = link.ended() => link::lost(true),
            failure = read(link, Lines::new(output, max_message_bytes), &answers) => failure,
            failure = write(&mut input, outbox, &mut answered) => failure,
            () = &mut logging => link::lost(true),
        };
        // Its last words are heard too.
        tokio::select! {
            biased;
            () = &mut logging => {}
            () = end(&spec, &mut child, input) => {}
        }
        failure
    }
}

async fn read(
    link: &Link,
    mut lines: Lines<ChildStdout>,
    answers: &mpsc::Sender<Bytes>,
) -> UpstreamFailure {
    loop {
        match lines.next().await {
            Ok(Some(said)) if said.iter().all(u8::is_ascii_whitespace) => {}
            Ok(Some(said)) => match link.arrived(&said) {
                Ok(None) => {}
                // A program that does not read our answers gets no more of them.
                Ok(Some(answer)) => drop(answers.try_send(answer)),
                // Many programs print a word of their own now and then.
                Err(_) => tracing::debug!("a program printed a line that is no message"),
            },
            Ok(None) => return of_answer(FaultClass::Unreachable, "the program has ended"),
            Err(failure) => return failure,
        }
    }
}

async fn write(
    input: &mut ChildStdin,
    outbox: &mut Outbox,
    answers: &mut mpsc::Receiver<Bytes>,
) -> UpstreamFailure {
    loop {
        let (message, left) = tokio::select! {
            Some(outgoing) = outbox.recv() => (outgoing.message, Some(outgoing.left)),
            Some(answer) = answers.recv() => (answer, None),
            else => return link::lost(false),
        };
        let line = one_line(&message);
        let written = match tokio::time::timeout(READS_WITHIN, input.write_all(&line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(of_answer(FaultClass::Unreachable, "the program has ended")),
            Err(_) => Err(fault::too_slow(true)),
        };
        let failed = written.clone().err();
        if let Some(left) = left {
            // Who gave up meanwhile needs no telling.
            let _ = left.send(written);
        }
        if let Some(failure) = failed {
            return failure;
        }
    }
}

/// A message on one line: in JSON a line break is white space wherever it stands.
fn one_line(message: &[u8]) -> Vec<u8> {
    let mut line: Vec<u8> = message
        .iter()
        .map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte })
        .collect();
    line.push(b'\n');
    line
}

/// Logs what a program says on standard error, for as long as it says anything; then waits.
async fn log(spec: &ProgramSpec, errors: ChildStderr) {
    let mut lines = Lines::cutting(errors, LONGEST_LINE);
    let mut minute = tokio::time::interval(Duration::from_mins(1));
    let mut logged = 0_u32;
    loop {
        tokio::select! {
            line = lines.next() => match line {
                Ok(Some(line)) => {
                    logged = logged.saturating_add(1);
                    if logged <= MOST_LINES {
                        let line = spec.masked(&String::from_utf8_lossy(&line));
                        tracing::info!(server = %spec.alias, line, "a program says");
                    }
                }
                Ok(None) | Err(_) => break,
            },
            _ = minute.tick() => {
                if logged > MOST_LINES {
                    let left_out = logged - MOST_LINES;
                    tracing::warn!(server = %spec.alias, left_out, "a program says more than is logged");
                }
                logged = 0;
            }
        }
    }
    // A closed standard error says nothing about the program.
    std::future::pending::<()>().await;
}

/// Ends a program: it is given the end of its input, then told to end, then made to.
async fn end(spec: &ProgramSpec, child: &mut Child, input: ChildStdin) {
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    drop(input);
    let mut ended = tokio::time::timeout(ENDS_WITHIN, child.wait()).await;
    for signal in [Signal::TERM, Signal::KILL] {
        if ended.is_err() {
            tell(group, signal);
            ended = tokio::time::timeout(ENDS_WITHIN, child.wait()).await;
        }
    }
    // What it started and left behind.
    tell(group, Signal::KILL);
    let status = ended.ok().and_then(Result::ok).map(|status| status.to_string());
    tracing::info!(server = %spec.alias, status, "a program has ended");
}

fn tell(group: Option<Pid>, signal: Signal) {
    // A group that is gone needs no telling.
    let _ = group.map(|group| kill_process_group(group, signal));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_lines_leaves_as_one() {
        assert_eq!(one_line(b"{\r\n  \"a\": \"b\\n\"\n}"), b"{    \"a\": \"b\\n\" }\n");
    }
}
