//! A response edited while it streams through, in memory that does not grow with it.
//!
//! One state for the place between two tokens of the two depths that matter; everything deeper is
//! one value to the scanner. Where members may be dropped, a comma is held back until the key
//! behind it is known, since a dropped member takes one comma with it and which one depends on
//! what else is kept.

use bytes::BytesMut;

use super::edit::{Drops, Level, Name, ReplyEdit};
use super::held::Held;
use super::pass::{Discard, Pass, Sink};
use super::scanner::{StringScanner, ValueScanner, is_whitespace};
use super::whole::Observed;
use crate::error::WireError;

mod key;
mod value;

/// Edits one JSON-RPC response that arrives in chunks, cut anywhere.
#[derive(Debug, Clone)]
pub struct ReplyEditor {
    edit: ReplyEdit,
    drops: Drops,
    state: State,
    level: Level,
    held: Held,
    /// Where in `held` the key begins.
    key_start: usize,
    /// What the current member is.
    name: Name,
    /// Whether the result has a member already, so that the next needs a comma.
    has_member: bool,
    is_silent: bool,
    seen: Seen,
}

/// What was seen so far.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of one thing")]
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    id: bool,
    /// A `result` or an `error`.
    outcome: bool,
    method: bool,
    error: bool,
    tool_error: bool,
}

/// Between which tokens the editor is.
#[derive(Debug, Clone, Copy)]
enum State {
    Start,
    FirstKey,
    NextKey,
    /// In a key short enough to be ours, so far.
    Key(StringScanner),
    /// In a key that is too long to be ours.
    LongKey(StringScanner),
    Colon,
    ValueStart,
    Value(ValueScanner),
    AfterValue,
    End,
    Failed,
}

impl ReplyEditor {
    /// An editor for one response.
    pub fn new(edit: ReplyEdit) -> Self {
        Self {
            drops: Drops::of(&edit.result),
            edit,
            state: State::Start,
            level: Level::Message,
            held: Held::new(),
            key_start: 0,
            name: Name::Other,
            has_member: false,
            is_silent: false,
            seen: Seen::default(),
        }
    }

    /// An editor that changes nothing and only looks.
    pub fn observer() -> Self {
        Self::new(ReplyEdit::default())
    }

    /// Takes the next chunk and appends to `out` what has become of it.
    ///
    /// # Errors
    /// The text is no JSON object, or goes on behind its end. What was made of the chunk up to
    /// there may or may not be in `out`; the reply is to be given up.
    pub fn feed(&mut self, chunk: &[u8], out: &mut BytesMut) -> Result<(), WireError> {
        out.reserve(chunk.len());
        self.run(chunk, out)
    }

    /// Takes the next chunk without making anything of it, for a caller who passes on the chunk
    /// itself.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn observe(&mut self, chunk: &[u8]) -> Result<(), WireError> {
        self.run(chunk, &mut Discard)
    }

    /// Says whether the response is complete.
    ///
    /// # Errors
    /// It is not.
    pub fn finish(&self) -> Result<(), WireError> {
        match self.state {
            State::End => Ok(()),
            _ => Err(malformed("the upstream's reply ends early")),
        }
    }

    /// Whether the response has an `error` (other than `null`).
    pub fn is_error(&self) -> bool {
        self.seen.error
    }

    /// Whether the result says `"isError": true`.
    pub fn is_tool_error(&self) -> bool {
        self.seen.tool_error
    }

    /// What was seen so far.
    pub fn observed(&self) -> Observed {
        Observed {
            is_response: self.is_response(),
            is_error: self.seen.error,
            is_tool_error: self.seen.tool_error,
        }
    }

    fn run<S: Sink>(&mut self, chunk: &[u8], out: &mut S) -> Result<(), WireError> {
        let mut pass = Pass::new(chunk, self.is_silent, out);
        while let Some(&next) = pass.rest().first() {
            if let Err(error) = self.step(next, &mut pass) {
                self.state = State::Failed;
                return Err(error);
            }
        }
        pass.flush();
        self.is_silent = pass.is_silent();
        Ok(())
    }

    /// Reads up to the next token; a step that reads nothing changes the state.
    fn step<S: Sink>(&mut self, next: u8, pass: &mut Pass<'_, S>) -> Result<(), WireError> {
        match (self.state, next) {
            (State::Value(scanner), _) => self.value(scanner, pass),
            (State::Key(scanner), _) => self.key(scanner, pass),
            (State::LongKey(scanner), _) => self.long_key(scanner, pass),
            (State::Failed, _) => return Err(malformed("the upstream's reply is not usable")),
            (_, next) if is_whitespace(next) => self.whitespace(pass),
            (State::Start, b'{') => self.read_into(State::FirstKey, pass),
            (State::FirstKey | State::NextKey, b'"') => self.begin_key(pass),
            (State::FirstKey | State::AfterValue, b'}') => self.close(pass),
            (State::AfterValue, b',') => self.comma(pass),
            (State::Colon, b':') => self.read_into(State::ValueStart, pass),
            (State::ValueStart, first) => return self.begin_value(first, pass),
            (State::End, _) => {
                return Err(malformed("the upstream's reply goes on behind its end"));
            }
            _ => return Err(malformed("the upstream's reply is no JSON object")),
        }
        Ok(())
    }

    fn read_into<S: Sink>(&mut self, state: State, pass: &mut Pass<'_, S>) {
        pass.read(1);
        self.state = state;
    }

    fn whitespace<S: Sink>(&mut self, pass: &mut Pass<'_, S>) {
        let rest = pass.rest();
        let count = rest.iter().take_while(|byte| is_whitespace(**byte)).count();
        let space = rest.get(..count).unwrap_or_default();
        pass.read(count);
        let is_held = matches!(self.state, State::NextKey) && self.holds();
        if is_held && !self.held.push_space(space) {
            pass.put(space);
        }
    }

    fn close<S: Sink>(&mut self, pass: &mut Pass<'_, S>) {
        match self.level {
            Level::Result => {
                self.level = Level::Message;
                self.read_into(State::AfterValue, pass);
            }
            Level::Message => {
                if let Some(id) = self.edit.id.as_ref().filter(|_| self.lacks_id()) {
                    pass.put(b",\"id\":");
                    pass.put(id);
                }
                self.read_into(State::End, pass);
            }
        }
    }

    fn is_response(&self) -> bool {
        self.seen.outcome && !self.seen.method
    }

    /// Whether this is a response, but without an id.
    fn lacks_id(&self) -> bool {
        self.is_response() && !self.seen.id
    }
}

fn malformed(message: &str) -> WireError {
    WireError::upstream("PROXY_ERROR", message)
}
