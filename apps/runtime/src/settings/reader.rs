//! Reads variables with aliases, remembers where each value came from, and collects what is wrong.

use std::fmt;

use url::Url;

use super::environment::{Environment, Origin};

/// What is wrong with a variable, as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSetting {
    /// The variable.
    pub name: String,
    /// What is wrong, without its value: it may be a secret.
    pub message: String,
}

impl WrongSetting {
    /// A problem with a variable.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.message)
    }
}

/// A setting as `config` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The variable's canonical name.
    pub name: &'static str,
    /// Its value; `***` for a secret, empty for none.
    pub value: String,
    /// Where that came from.
    pub origin: Origin,
    /// The alias that it was set by, where that was not the canonical name.
    pub set_by: Option<String>,
}

/// Reads variables one by one.
#[derive(Debug)]
pub struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<WrongSetting>,
    shown: Vec<Shown>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(environment: &'a Environment) -> Self {
        Self { environment, problems: Vec::new(), shown: Vec::new() }
    }

    pub(super) fn into_parts(self) -> (Vec<WrongSetting>, Vec<Shown>) {
        (self.problems, self.shown)
    }

    /// Notes that a variable is wrong for a reason that concerns several of them.
    pub(super) fn problem(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(WrongSetting::new(name, message));
    }

    /// The name by which a variable is set, if it is.
    pub(super) fn set_by(&self, names: &[&str]) -> Option<String> {
        self.environment.first(names).map(|(name, _, _)| name)
    }

    /// A variable that parses, or its default. `rule` says what is accepted.
    pub(super) fn parsed<T>(
        &mut self,
        names: &[&'static str],
        default: &str,
        rule: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (name, value, origin) = self.take(names, default);
        let is_text = origin != Origin::Process || self.environment.is_text(&name);
        let parsed = is_text.then(|| parse(&value)).flatten();
        if parsed.is_none() {
            self.problem(
                &name,
                format!("must be {}", if is_text { rule } else { "text in UTF-8" }),
            );
        }
        self.show(names, &name, &value, origin);
        parsed
    }

    /// A variable that parses, or its default; nothing where it is set to nothing. The one kind
    /// of setting where empty does not mean "not set": so Python's frameworks turn pages off.
    pub(super) fn or_off<T>(
        &mut self,
        names: &[&'static str],
        default: &str,
        rule: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        match self.environment.emptied(names) {
            Some((name, origin)) => {
                self.show(names, &name, "", origin);
                None
            }
            None => self.parsed(names, default, rule, parse),
        }
    }

    /// A variable that parses, or nothing.
    pub(super) fn optional<T>(
        &mut self,
        names: &[&'static str],
        rule: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.environment.first(names).is_some() {
            self.parsed(names, "", rule, parse)
        } else {
            let name = names.first().copied().unwrap_or_default();
            self.show(names, name, "", Origin::Default);
            None
        }
    }

    /// Any text, or nothing.
    pub(super) fn text(&mut self, names: &[&'static str]) -> Option<String> {
        self.optional(names, "text", |text| Some(text.to_owned()))
    }

    /// Text that must never be shown, or nothing.
    pub(super) fn secret(&mut self, names: &[&'static str]) -> Option<secrecy::SecretString> {
        let found = self.environment.first(names);
        let canonical = names.first().copied().unwrap_or_default();
        let (name, origin) = found
            .as_ref()
            .map_or((canonical, Origin::Default), |(name, _, origin)| (name.as_str(), *origin));
        let name = name.to_owned();
        self.show(names, &name, if found.is_some() { "***" } else { "" }, origin);
        found.map(|(_, value, _)| value.into())
    }

    /// `true` or `false` (also `1`, `0`, `yes`, `no`, `on`, `off`).
    pub(super) fn flag(&mut self, names: &[&'static str], default: bool) -> bool {
        let text = if default { "true" } else { "false" };
        self.parsed(names, text, "true or false", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        })
        .unwrap_or(default)
    }

    /// A whole number within bounds.
    pub(super) fn number<T>(&mut self, names: &[&'static str], default: T, min: T, max: T) -> T
    where
        T: std::str::FromStr + fmt::Display + PartialOrd + Copy,
    {
        let rule = format!("a whole number from {min} to {max}");
        self.parsed(names, &default.to_string(), &rule, |text| {
            text.parse().ok().filter(|number| *number >= min && *number <= max)
        })
        .unwrap_or(default)
    }

    /// An absolute http or https URL without a path's closing slash, or nothing.
    pub(super) fn base_url(&mut self, names: &[&'static str]) -> Option<String> {
        self.optional(names, "an absolute http or https URL", |text| {
            let url = Url::parse(text).ok()?;
            let good = matches!(url.scheme(), "http" | "https")
                && url.host().is_some()
                && url.query().is_none();
            good.then(|| text.trim_end_matches('/').to_owned())
        })
    }

    fn take(&self, names: &[&'static str], default: &str) -> (String, String, Origin) {
        self.environment.first(names).unwrap_or_else(|| {
            let name = names.first().copied().unwrap_or_default();
            (name.to_owned(), default.to_owned(), Origin::Default)
        })
    }

    fn show(&mut self, names: &[&'static str], used: &str, value: &str, origin: Origin) {
        let Some(canonical) = names.first().copied() else { return };
        let set_by = (used != canonical).then(|| used.to_owned());
        let value = without_passwords(value);
        self.shown.push(Shown { name: canonical, value, origin, set_by });
    }
}

/// A value as people may see it: with stars for what stands between a user and a host
/// (`user:password@host`), and for what is called a password (`password=…`). By its text alone:
/// what is not even a URL may have a password in it all the same.
fn without_passwords(value: &str) -> String {
    let masked = match value.rsplit_once('@') {
        Some((before, host)) => {
            let (scheme, person) =
                before.split_once("://").map_or(("", before), |(scheme, rest)| (scheme, rest));
            let separator = if scheme.is_empty() { "" } else { "://" };
            match person.split_once(':') {
                Some((user, _)) => format!("{scheme}{separator}{user}:***@{host}"),
                None => value.to_owned(),
            }
        }
        None => value.to_owned(),
    };
    mask_named(&masked)
}

/// Stars for the value of each `password=…`, up to `&`, white space, or the end.
fn mask_named(text: &str) -> String {
    const NAME: &str = "password";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find(NAME) {
        let (before, named) = rest.split_at(at + NAME.len());
        shown.push_str(before);
        rest = named;
        let Some(value) = named.trim_start().strip_prefix('=') else { continue };
        let end = value.trim_start().find(|c: char| c == '&' || c.is_whitespace());
        shown.push_str("=***");
        rest = end.and_then(|end| value.trim_start().get(end..)).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_starred_wherever_they_stand() {
        for (value, shown) in [
            ("postgres://ada:secret@db/r", "postgres://ada:***@db/r"),
            (
                "postgres://db/r?user=ada&password=secret&x=1",
                "postgres://db/r?user=ada&password=***&x=1",
            ),
            ("redis://cache?PASSWORD=secret", "redis://cache?PASSWORD=***"),
            ("host=db password = secret user=ada", "host=db password=*** user=ada"),
            ("postgres:ada:sec@ret@db", "postgres:***@db"),
            ("postgres://ada:s@db/r?sslpassword=secret", "postgres://ada:***@db/r?sslpassword=***"),
            ("https://mcp.example.com/a", "https://mcp.example.com/a"),
            ("password", "password"),
        ] {
            assert_eq!(without_passwords(value), shown, "{value}");
        }
    }
}
