//! Query strings, read parameter by parameter like [`crate::fields`] reads members. The last of
//! several values of a name counts; parameters that nobody asks for are ignored.

use std::ops::RangeInclusive;
use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::{Ready, ready};
use jiff::Timestamp;
use registry_domain::field::{Violation, Violations};
use url::form_urlencoded;

use crate::code::Code;
use crate::problem::{Place, Problem};

/// 0001-01-01T00:00:00Z: RFC 3339 knows no year before it, and nor do stores.
pub const FIRST_TIME: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// What can be read out of a query string.
pub trait ReadQuery: Sized {
    /// Reads the parameters. What is returned is dropped if a violation was noted.
    fn read(parameters: &mut Parameters) -> Self;
}

/// A query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: ReadQuery> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(read_query(request.query_string()).map(Self))
    }
}

/// Reads a query string.
///
/// # Errors
/// 422 that names every parameter that breaks its rule.
pub fn read_query<T: ReadQuery>(query: &str) -> Result<T, Problem> {
    if !is_text(query) {
        let violation = Violation {
            path: Vec::new(),
            rule: "string_unicode",
            message: "must be UTF-8".to_owned(),
        };
        let problem = Problem::new(Code::ValidationError, "The query must be UTF-8");
        return Err(problem.naming(Place::Query, vec![violation]));
    }
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut parameters = Parameters { pairs, wrong: Violations::default() };
    let read = T::read(&mut parameters);
    if parameters.wrong.is_empty() {
        Ok(read)
    } else {
        Err(Problem::invalid(Place::Query, parameters.wrong.into_inner()))
    }
}

/// Whether a query string says text: its bytes, once what is escaped is read, are UTF-8. What reads
/// pairs would put a question mark in the place of the rest, and search for that.
fn is_text(query: &str) -> bool {
    if !query.contains('%') {
        return true;
    }
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .filter(|digits| *byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let escaped = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    std::str::from_utf8(&bytes).is_ok()
}

/// A query string's parameters and what was wrong with those read so far.
#[derive(Debug)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
    wrong: Violations,
}

impl Parameters {
    /// A text of at most `max` characters; empty is as good as absent.
    pub fn text(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.last(name).filter(|text| !text.is_empty())?.to_owned();
        self.wrong.take(registry_domain::field::printable(name, &text, 0, max))
    }

    /// A text that must be there. Where it is not, the value is empty and the violation is noted.
    pub fn required_text(&mut self, name: &'static str, max: usize) -> String {
        if self.last(name).is_none_or(str::is_empty) {
            self.wrong.push(Violation::at(name, "missing", "is required"));
        }
        self.text(name, max).unwrap_or_default()
    }

    /// A list of words: `tags=a,b`, `tags=a&tags=b` and `tags[]=a&tags[]=b` mean the same. Empty
    /// words are left out, and of equal ones the first is kept. At most `most` of `max` characters.
    pub fn words(&mut self, name: &'static str, most: usize, max: usize) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for (key, value) in &self.pairs {
            if key != name && key.strip_suffix("[]") != Some(name) {
                continue;
            }
            for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                if words.iter().all(|known| known != word) {
                    let word =
                        self.wrong.take(registry_domain::field::printable(name, word, 0, max));
                    words.extend(word);
                }
            }
        }
        if words.len() > most {
            let message = format!("must be at most {most} values");
            self.wrong.push(Violation::at(name, "too_long", message));
        }
        words
    }

    /// Yes or no; a name without a value means yes.
    pub fn flag(&mut self, name: &'static str) -> bool {
        let words = [("true", true), ("1", true), ("", true), ("false", false), ("0", false)];
        let Some(text) = self.last(name) else { return false };
        match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            Some((_, flag)) => *flag,
            None => self.refuse(name, "bool_parsing", "must be true or false").unwrap_or_default(),
        }
    }

    /// A whole number within bounds.
    pub fn number(&mut self, name: &'static str, within: RangeInclusive<u32>, default: u32) -> u32 {
        let Some(text) = self.last(name) else { return default };
        match text.parse() {
            Ok(number) if within.contains(&number) => number,
            _ => {
                let (least, most) = (within.start(), within.end());
                let message = if *most == u32::MAX {
                    format!("must be a whole number from {least} on")
                } else {
                    format!("must be a whole number from {least} to {most}")
                };
                self.wrong.push(Violation::at(name, "int_range", message));
                default
            }
        }
    }

    /// One of a few words, in whatever case.
    pub fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.last(name)?;
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        if let Some((_, value)) = found {
            return Some(*value);
        }
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.refuse(name, "enum", format!("must be one of {}", words.join(", ")))
    }

    /// An id.
    pub fn id<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        match self.last(name)?.parse() {
            Ok(id) => Some(id),
            Err(_) => self.refuse(name, "uuid_parsing", "must be a UUID"),
        }
    }

    /// A time of RFC 3339, of the years 1 to 9999. A `+` that was not escaped arrives as a space:
    /// it is taken back. The last day of all, as some write for ever, is later than we count.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let text = self.last(name)?.replace(' ', "+");
        let time = match text.parse() {
            Ok(time) if time >= FIRST_TIME => Some(time),
            Ok(_) => None,
            Err(_) => {
                let last_days = ["9999-12-30", "9999-12-31"];
                let last_days = last_days.iter().find_map(|day| text.strip_prefix(day));
                let a_day_before = last_days.map(|rest| format!("9999-12-29{rest}"));
                a_day_before.and_then(|text| text.parse::<Timestamp>().ok()).map(|_| Timestamp::MAX)
            }
        };
        if time.is_none() {
            let message = "must be a time of RFC 3339, such as 2026-01-31T12:00:00Z";
            self.wrong.push(Violation::at(name, "datetime_parsing", message));
        }
        time
    }

    /// A text that `parse` understands.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        message: &'static str,
    ) -> Option<T> {
        match parse(self.last(name)?) {
            Some(value) => Some(value),
            None => self.refuse(name, "value_error", message),
        }
    }

    /// A parameter of several words that has to be there.
    pub fn required_words(&mut self, name: &'static str, most: usize, max: usize) -> Vec<String> {
        let before = self.wrong.len();
        let words = self.words(name, most, max);
        if words.is_empty() && self.wrong.len() == before {
            self.wrong.push(Violation::at(name, "missing", "is required"));
        }
        words
    }

    /// Notes a violation that the reader itself found.
    pub fn note(&mut self, violation: Violation) {
        self.wrong.push(violation);
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn refuse<T>(
        &mut self,
        name: &'static str,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Option<T> {
        self.wrong.push(Violation::at(name, rule, message));
        None
    }
}

#[cfg(test)]
mod tests {
    use registry_domain::id::UserId;

    use super::*;

    fn parameters(query: &str) -> Parameters {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Parameters { pairs, wrong: Violations::default() }
    }

    #[test]
    fn the_last_value_of_a_name_counts() {
        assert_eq!(parameters("limit=5&limit=7").number("limit", 1..=10, 3), 7);
        assert_eq!(parameters("").number("limit", 1..=10, 3), 3);
    }

    #[test]
    fn a_query_that_is_no_text_is_refused() {
        for good in ["", "a=b", "a=%C3%A9&b=%", "a=%zz%4", "a=é", "a=%EF%BF%BD"] {
            assert!(is_text(good), "{good}");
        }
        for bad in ["a=%ff", "%C3=a", "a=%ED%A0%80", "a=%E2%82"] {
            assert!(!is_text(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_outside_their_bounds_are_refused_not_cut() {
        for bad in ["limit=0", "limit=11", "limit=-1", "limit=x", "limit=", "limit=1.5"] {
            let mut read = parameters(bad);
            read.number("limit", 1..=10, 3);
            assert!(!read.wrong.is_empty(), "{bad}");
        }
    }

    #[test]
    fn words_are_read_in_any_case_and_an_escaped_percent_means_itself() {
        let mut read = parameters("status=pending&search=%25_a%20b");
        assert_eq!(read.one_of("status", &[("Pending", 1)]), Some(1));
        assert_eq!(read.text("search", 10).as_deref(), Some("%_a b"));
        assert!(read.wrong.is_empty());
    }

    #[test]
    fn a_list_of_words_is_the_same_in_all_its_spellings() {
        for query in [
            "tags=a,b",
            "tags=a&tags=b",
            "tags[]=a&tags[]=b",
            "tags%5B%5D=a, b,",
            "tags=a,b&tags=a",
        ] {
            let mut read = parameters(query);
            assert_eq!(read.words("tags", 2, 5), ["a", "b"], "{query}");
            assert!(read.wrong.is_empty(), "{query}");
        }
        for bad in ["tags=a,b,c", "tags=toolong", "tags=a%00"] {
            let mut read = parameters(bad);
            read.words("tags", 2, 5);
            assert!(!read.wrong.is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_flag_is_yes_no_or_refused() {
        for (query, flag) in
            [("", false), ("all=true", true), ("all=FALSE", false), ("all", true), ("all=0", false)]
        {
            let mut read = parameters(query);
            assert_eq!(read.flag("all"), flag, "{query}");
            assert!(read.wrong.is_empty(), "{query}");
        }
        let mut read = parameters("all=maybe");
        read.flag("all");
        assert!(!read.wrong.is_empty());
    }

    #[test]
    fn a_plus_in_an_offset_survives_a_client_that_forgot_to_escape_it() {
        let mut read = parameters("from=2026-01-31T12:00:00+01:00");
        assert_eq!(
            read.time("from").map(|time| time.to_string()).as_deref(),
            Some("2026-01-31T11:00:00Z")
        );
    }

    #[test]
    fn control_characters_and_bad_ids_are_refused() {
        let mut read = parameters("search=a%00b&id=42");
        assert_eq!(read.text("search", 10), None);
        assert_eq!(read.id::<UserId>("id"), None);
        let rules: Vec<&str> = read.wrong.into_inner().iter().map(|wrong| wrong.rule).collect();
        assert_eq!(rules, ["string_not_printable", "uuid_parsing"]);
    }
}
