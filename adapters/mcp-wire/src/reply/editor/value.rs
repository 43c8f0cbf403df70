//! Values: what is learned from one, what is put in its place, and where it ends.

use super::{ReplyEditor, State, malformed};
use crate::error::WireError;
use crate::reply::edit::{Level, Name, ResultEdit};
use crate::reply::pass::{Pass, Sink};
use crate::reply::scanner::ValueScanner;

impl ReplyEditor {
    pub(super) fn begin_value<S: Sink>(
        &mut self,
        first: u8,
        pass: &mut Pass<'_, S>,
    ) -> Result<(), WireError> {
        let Some(scanner) = ValueScanner::begin(first) else {
            return Err(malformed("the upstream's reply lacks a value"));
        };
        match self.name {
            Name::Id => {
                self.seen.id = true;
                if let Some(id) = &self.edit.id {
                    pass.put(id);
                    pass.silence();
                }
            }
            Name::Result => {
                self.seen.outcome = true;
                if first == b'{' {
                    self.enter_result(pass);
                    return Ok(());
                }
            }
            Name::Error => {
                self.seen.outcome = true;
                self.seen.error |= first != b'n';
            }
            Name::IsError => self.seen.tool_error |= first == b't',
            Name::Method => self.seen.method = true,
            Name::ResultType | Name::TtlMs | Name::CacheScope | Name::Other => {}
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
        if let Some(end) = scanner.scan(pass.rest()) {
            pass.read(end);
            pass.speak();
            self.state = State::AfterValue;
        } else {
            pass.read_all();
            self.state = State::Value(scanner);
        }
    }
}
