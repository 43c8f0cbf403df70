//! A response edited while it streams through, in memory that does not grow with it.
//!
//! One state for the place between two tokens of the two depths that matter; everything deeper is
//! one value to the scanner. Where members may be dropped, a comma is held back until the key
//! behind it is known, since a dropped member takes one comma with it and which one depends on
//! what else is kept.

use bytes::{Bytes, BytesMut};

use super::edit::{Drops, Level, Name, ReplyEdit};
use super::held::Held;
use super::pass::{Discard, Pass, Sink};
use super::scanner::{StringScanner, ValueScanner, is_whitespace};
use super::seen::Seen;
use super::short::ShortText;
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
    /// The id or the version, as far as it was read.
    text: ShortText,
    /// Whether a response that was to stay as it is has to change all the same.
    must_edit: bool,
    seen: Seen,
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
            text: ShortText::new(),
            must_edit: false,
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

    /// Takes the next chunk and gives what has become of it: itself, as long as nothing changes.
    /// `scratch` is where changed bytes are put together; only this editor may use it.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn pass(&mut self, chunk: Bytes, scratch: &mut BytesMut) -> Result<Bytes, WireError> {
        if !self.edit.changes() && !self.must_edit {
            // Once the id was there, there is nothing left that would have to change.
            let before = (!self.seen.has_id()).then(|| self.clone());
            self.observe(&chunk)?;
            match before {
                Some(before) if self.must_edit => *self = Self { must_edit: true, ..before },
                _ => return Ok(chunk),
            }
        }
        self.feed(&chunk, scratch)?;
        Ok(scratch.split().freeze())
    }

    /// Says whether this is the response to the call, as far as it has come: of JSON-RPC 2.0, with
    /// the id that was sent, and with either a result or an error.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self) -> Result<(), WireError> {
        match self.seen.fault(self.finish().is_ok()) {
            Some(fault) => Err(malformed(&format!("the upstream's reply {fault}"))),
            None => Ok(()),
        }
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
            is_response: self.seen.is_response(),
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
                    self.must_edit = true;
                    pass.put(b",\"id\":");
                    pass.put(id.client());
                }
                self.read_into(State::End, pass);
            }
        }
    }

    /// Whether this is a response, but without an id.
    fn lacks_id(&self) -> bool {
        self.seen.is_response() && !self.seen.has_id()
    }
}

fn malformed(message: &str) -> WireError {
    WireError::upstream("PROXY_ERROR", message)
}
