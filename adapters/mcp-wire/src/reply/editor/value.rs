//! Values: what is learned from one, what is put in its place, and where it ends.

use super::{ReplyEditor, State, malformed};
use crate::error::WireError;
use crate::reply::edit::{Level, Name, ResultEdit};
use crate::reply::pass::{Pass, Sink};
use crate::reply::scanner::ValueScanner;
use crate::reply::short::ShortText;

impl ReplyEditor {
    pub(super) fn begin_value<S: Sink>(
        &mut self,
        first: u8,
        pass: &mut Pass<'_, S>,
    ) -> Result<(), WireError> {
        let Some(scanner) = ValueScanner::begin(first) else {
            return Err(malformed("the upstream's reply lacks a value"));
        };
        self.seen.begin(self.name, first);
        match self.name {
            Name::Id => {
                self.begin_text(first);
                if let Some(id) = &self.edit.id {
                    self.must_edit |= id.client().first() != Some(&first);
                    pass.put(id.client());
                    pass.silence();
                }
            }
            Name::Version => self.begin_text(first),
            Name::Result if first == b'{' => {
                self.enter_result(pass);
                return Ok(());
            }
            _ => {}
        }
        self.read_into(State::Value(scanner), pass);
        Ok(())
    }

    fn enter_result<S: Sink>(&mut self, pass: &mut Pass<'_, S>) {
        self.level = Level::Result;
        self.has_member = false;
        self.held.clear();
        self.read_into(State::FirstKey, pass);
        if let ResultEdit::ToModern { members } = &self.edit.result {
            pass.put(members);
            self.has_member = !members.is_empty();
        }
    }

    pub(super) fn value<S: Sink>(&mut self, mut scanner: ValueScanner, pass: &mut Pass<'_, S>) {
        let rest = pass.rest();
        let end = scanner.scan(rest);
        let is_read = matches!(self.name, Name::Id | Name::Version);
        if is_read {
            self.text.push(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
        }
        let Some(end) = end else {
            pass.read_all();
            self.state = State::Value(scanner);
            return;
        };
        if is_read {
            self.seen.end(self.name, self.text.get(), &self.edit);
        }
        pass.read(end);
        pass.speak();
        self.state = State::AfterValue;
    }

    fn begin_text(&mut self, first: u8) {
        self.text = ShortText::of(&[first]);
    }
}
