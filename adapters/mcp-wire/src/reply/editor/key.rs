//! Keys, and the commas before them: whether a member stays or goes.

use super::{ReplyEditor, State};
use crate::reply::edit::{Level, Name};
use crate::reply::pass::{Pass, Sink};
use crate::reply::scanner::StringScanner;

impl ReplyEditor {
    /// Whether the fate of a member at this level hangs on its key.
    pub(super) fn holds(&self) -> bool {
        self.level == Level::Result && !self.drops.is_empty()
    }

    pub(super) fn comma<S: Sink>(&mut self, pass: &mut Pass<'_, S>) {
        self.held.clear();
        if self.holds() {
            pass.silence();
            self.held.push(b",");
        }
        self.read_into(State::NextKey, pass);
    }

    pub(super) fn begin_key<S: Sink>(&mut self, pass: &mut Pass<'_, S>) {
        if self.holds() {
            pass.silence();
        }
        self.key_start = self.held.len();
        self.held.push(b"\"");
        self.read_into(State::Key(StringScanner::default()), pass);
    }

    pub(super) fn key<S: Sink>(&mut self, mut scanner: StringScanner, pass: &mut Pass<'_, S>) {
        let rest = pass.rest();
        let end = scanner.scan(rest);
        let piece = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if !self.held.push(piece) {
            self.name = Name::Other;
            self.keep(pass);
            self.state = if end.is_some() { State::Colon } else { State::LongKey(scanner) };
        } else if end.is_some() {
            self.name = Name::of(self.held.bytes_from(self.key_start), self.level);
            self.state = State::Colon;
        } else {
            self.state = State::Key(scanner);
        }
        pass.read(piece.len());
        if end.is_some() && pass.is_silent() {
            if self.drops.contains(self.name) {
                self.held.clear();
            } else {
                self.keep(pass);
            }
        }
    }

    pub(super) fn long_key<S: Sink>(&mut self, mut scanner: StringScanner, pass: &mut Pass<'_, S>) {
        if let Some(end) = scanner.scan(pass.rest()) {
            pass.read(end);
            self.state = State::Colon;
        } else {
            pass.read_all();
            self.state = State::LongKey(scanner);
        }
    }

    /// Passes on what was held, with a comma if and only if a member stands before it.
    fn keep<S: Sink>(&mut self, pass: &mut Pass<'_, S>) {
        if pass.is_silent() {
            let held = self.held.bytes();
            match (self.has_member, held.strip_prefix(b",")) {
                (true, None) => {
                    pass.put(b",");
                    pass.put(held);
                }
                (false, Some(rest)) => pass.put(rest),
                _ => pass.put(held),
            }
            pass.speak();
            self.has_member = true;
        }
        self.held.clear();
    }
}
