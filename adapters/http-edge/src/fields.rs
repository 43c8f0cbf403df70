//! Reads the members of a JSON object one by one, and notes every one that has the wrong type, so
//! that the answer names all of them at once. Members that nobody asks for are ignored.

use registry_domain::field::{Step, Violation, Violations};
use serde_json::{Map, Value};

/// An object's members and what was wrong with those read so far.
#[derive(Debug)]
pub struct Fields {
    members: Map<String, Value>,
    wrong: Violations,
}

impl Fields {
    /// Starts to read an object.
    pub fn of(members: Map<String, Value>) -> Self {
        Self { members, wrong: Violations::default() }
    }

    /// A text that must be there. Where it is not, the value is empty and the violation is noted.
    pub fn string(&mut self, name: &'static str) -> String {
        match self.members.remove(name) {
            Some(Value::String(text)) => text,
            Some(_) => self.refuse(name, "string_type", "must be a string"),
            None => self.refuse(name, "missing", "is required"),
        }
    }

    /// A text that may be absent or null.
    pub fn optional_string(&mut self, name: &'static str) -> Option<String> {
        match self.present(name)? {
            Value::String(text) => Some(text),
            _ => self.refuse(name, "string_type", "must be a string"),
        }
    }

    /// A list that may be absent or null, which is the empty list.
    pub fn array(&mut self, name: &'static str) -> Vec<Value> {
        match self.present(name) {
            Some(Value::Array(items)) => items,
            Some(_) => self.refuse(name, "list_type", "must be a list"),
            None => Vec::new(),
        }
    }

    /// A list of texts that may be absent or null.
    pub fn optional_strings(&mut self, name: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.present(name)? else {
            return self.refuse(name, "list_type", "must be a list");
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            if let Value::String(text) = item {
                texts.push(text);
            } else {
                let mut violation = Violation::at(name, "string_type", "must be a string");
                violation.path.push(Step::Position(index));
                self.note(violation);
            }
        }
        Some(texts)
    }

    /// A whole number that may be absent or null.
    pub fn optional_integer(&mut self, name: &'static str) -> Option<i64> {
        match self.present(name)?.as_i64() {
            Some(number) => Some(number),
            None => self.refuse(name, "int_type", "must be a whole number"),
        }
    }

    /// Yes or no, which may be absent or null.
    pub fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        match self.present(name)? {
            Value::Bool(flag) => Some(flag),
            _ => self.refuse(name, "bool_type", "must be true or false"),
        }
    }

    /// A member of any type that may be absent or null: who asks reads on.
    pub fn optional_value(&mut self, name: &'static str) -> Option<Value> {
        self.present(name)
    }

    /// A member that must be there and is one of a few words, letter by letter.
    pub fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = match self.members.remove(name) {
            None => return self.refuse(name, "missing", "is required"),
            Some(Value::String(text)) => text,
            Some(_) => return self.refuse(name, "string_type", "must be a string"),
        };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.note(Violation::at(name, "enum", format!("must be one of {}", words.join(", "))));
        }
        found
    }

    /// Refuses the members that nobody asked for: for a body where a misspelt wish must not go
    /// unheard.
    pub fn refuse_unknown(&mut self) {
        for (name, _) in std::mem::take(&mut self.members) {
            self.wrong.push(Violation {
                path: vec![Step::Member(name.into())],
                rule: "extra_forbidden",
                message: "is not a member of this body".to_owned(),
            });
        }
    }

    /// Notes a violation that the reader itself found.
    pub fn note(&mut self, violation: Violation) {
        self.wrong.push(violation);
    }

    /// Everything that was wrong.
    pub fn into_violations(self) -> Vec<Violation> {
        self.wrong.into_inner()
    }

    fn present(&mut self, name: &'static str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    fn refuse<T: Default>(&mut self, name: &'static str, rule: &'static str, message: &str) -> T {
        self.note(Violation::at(name, rule, message));
        T::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(members) = value else { panic!("not an object") };
        Fields::of(members)
    }

    #[test]
    fn every_wrong_member_is_named_and_right_ones_are_read() {
        let mut read = fields(json!({
            "name": 1, "note": ["x"], "tags": ["a", 2], "size": 1.5, "good": "yes", "status": "x"
        }));
        assert_eq!(read.string("good"), "yes");
        read.string("name");
        read.string("gone");
        read.optional_string("note");
        assert_eq!(read.optional_strings("tags"), Some(vec!["a".to_owned()]));
        read.optional_integer("size");
        read.one_of("status", &[("Approved", 1), ("Rejected", 2)]);
        let wrong: Vec<(String, &str)> = read
            .into_violations()
            .iter()
            .map(|violation| (violation.to_string(), violation.rule))
            .collect();
        assert_eq!(
            wrong,
            [
                ("name must be a string".to_owned(), "string_type"),
                ("gone is required".to_owned(), "missing"),
                ("note must be a string".to_owned(), "string_type"),
                ("tags[1] must be a string".to_owned(), "string_type"),
                ("size must be a whole number".to_owned(), "int_type"),
                ("status must be one of Approved, Rejected".to_owned(), "enum"),
            ]
        );
    }

    #[test]
    fn members_that_nobody_read_can_be_refused() {
        let mut read = fields(json!({"role": "admin", "name": "a"}));
        read.string("name");
        read.refuse_unknown();
        let wrong: Vec<String> = read.into_violations().iter().map(ToString::to_string).collect();
        assert_eq!(wrong, ["role is not a member of this body"]);
    }

    #[test]
    fn null_is_as_good_as_absent_where_a_member_is_optional() {
        let mut read = fields(json!({"note": null, "tags": null, "size": null}));
        assert_eq!(read.optional_string("note"), None);
        assert!(read.array("tags").is_empty());
        assert_eq!(read.optional_integer("size"), None);
        assert!(read.into_violations().is_empty());
    }
}
