//! What clients asked for and what they were told: the truth that stores are compared with.

use std::collections::HashMap;

use parking_lot::Mutex;

/// How a request went, as its client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was done.
    Done,
    /// It was refused: nothing was done.
    Refused,
    /// Nobody knows: no answer, or one that leaves it open.
    Unknown,
}

/// Everything that was asked since the beginning.
#[derive(Default)]
pub struct Ledger {
    writes: Mutex<HashMap<String, Told>>,
    calls: Mutex<HashMap<String, Told>>,
    wrong: Mutex<Vec<String>>,
}

impl Ledger {
    /// A registration of this name was asked for.
    pub fn write(&self, name: &str, told: Told) {
        self.writes.lock().insert(name.to_owned(), told);
    }

    /// A call with this request id was made.
    pub fn call(&self, request_id: &str, told: Told) {
        self.calls.lock().insert(request_id.to_owned(), told);
    }

    /// Somebody was told what is another tenant's, or another request's.
    pub fn wrong(&self, what: String) {
        self.wrong.lock().push(what);
    }

    /// What somebody was told that they must not have been.
    pub fn wrongs(&self) -> Vec<String> {
        self.wrong.lock().clone()
    }

    /// Compares writes with what is stored: name by name, how often.
    pub fn compare_writes(&self, stored: &HashMap<String, usize>) -> Result<String, String> {
        compare(&self.writes.lock(), stored, "registration")
    }

    /// Compares calls with records of those that went well: id by id, how often.
    pub fn compare_calls(&self, recorded: &HashMap<String, usize>) -> Result<String, String> {
        compare(&self.calls.lock(), recorded, "record of a good call")
    }
}

fn compare(
    asked: &HashMap<String, Told>,
    stored: &HashMap<String, usize>,
    what: &str,
) -> Result<String, String> {
    let mut done = 0_usize;
    for (name, told) in asked {
        let count = stored.get(name).copied().unwrap_or(0);
        match (told, count) {
            (Told::Done, 1) => done += 1,
            (Told::Refused, 0) | (Told::Unknown, 0 | 1) => {}
            (Told::Done, 0) => return Err(format!("no {what} of {name}, which was accepted")),
            (Told::Refused, _) => return Err(format!("a {what} of {name}, which was refused")),
            (_, count) => return Err(format!("{count} times a {what} of {name}")),
        }
    }
    match stored.keys().find(|name| !asked.contains_key(*name)) {
        Some(name) => Err(format!("a {what} of {name}, which nobody asked for")),
        None => Ok(done.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(names: &[(&str, usize)]) -> HashMap<String, usize> {
        names.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn what_was_accepted_is_there_once_and_what_was_refused_is_not() {
        let ledger = Ledger::default();
        ledger.write("a", Told::Done);
        ledger.write("b", Told::Refused);
        ledger.write("c", Told::Unknown);
        for good in [&[("a", 1)][..], &[("a", 1), ("c", 1)]] {
            assert_eq!(ledger.compare_writes(&stored(good)), Ok("1".into()));
        }
        for bad in [
            &[][..],
            &[("a", 2)],
            &[("a", 1), ("b", 1)],
            &[("a", 1), ("c", 2)],
            &[("a", 1), ("d", 1)],
        ] {
            assert!(ledger.compare_writes(&stored(bad)).is_err(), "{bad:?}");
        }
    }
}
