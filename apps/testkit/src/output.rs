//! What a program printed: JSON log lines on stdout, anything on stderr.

use std::{
    io::{BufRead, BufReader, Read},
    sync::Arc,
    thread,
};

use parking_lot::Mutex;
use serde_json::Value;

/// The lines seen so far; filled by two reading threads until the program closes its ends.
#[derive(Clone, Default)]
pub struct Printed {
    logs: Arc<Mutex<Vec<Value>>>,
    not_json: Arc<Mutex<Vec<String>>>,
    errors: Arc<Mutex<String>>,
}

impl Printed {
    /// Starts reading both ends.
    pub fn follow(stdout: impl Read + Send + 'static, stderr: impl Read + Send + 'static) -> Self {
        let printed = Self::default();
        let ours = printed.clone();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(log) => ours.logs.lock().push(log),
                    Err(_) => ours.not_json.lock().push(line),
                }
            }
        });
        let ours = printed.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut errors = ours.errors.lock();
                errors.push_str(&line);
                errors.push('\n');
            }
        });
        printed
    }

    /// Every log line so far; panics if the program printed something else on stdout.
    pub fn logs(&self) -> Vec<Value> {
        let not_json = self.not_json.lock();
        assert!(not_json.is_empty(), "stdout lines that are not JSON: {not_json:#?}");
        self.logs.lock().clone()
    }

    /// The address in the `listening` line of `server`, once it has been printed.
    pub fn address_of(&self, server: &str) -> Option<String> {
        self.logs
            .lock()
            .iter()
            .find(|log| {
                member(log, "message") == Some("listening") && member(log, "server") == Some(server)
            })
            .and_then(|log| member(log, "address").map(str::to_owned))
    }

    /// All that was printed, for the message of a failing test.
    pub fn story(&self) -> String {
        let logs: Vec<String> = self.logs.lock().iter().map(Value::to_string).collect();
        format!(
            "--- stderr\n{}--- stdout\n{}\n{}",
            self.errors.lock(),
            logs.join("\n"),
            self.not_json.lock().join("\n")
        )
    }

    /// What was printed on stderr so far.
    pub fn errors(&self) -> String {
        self.errors.lock().clone()
    }
}

/// A member of a log line, at the top or under `fields` (tracing's unflattened form).
fn member<'a>(log: &'a Value, name: &str) -> Option<&'a str> {
    log.get(name).or_else(|| log.get("fields")?.get(name))?.as_str()
}
