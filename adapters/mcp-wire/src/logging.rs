//! Log messages of servers, by what a client wants to hear of them.
//!
//! A modern client says so with each request, and hears of nothing without (2026-07-28, "Logging");
//! a server with a handshake sends to its session whatever its own level lets through.

use serde_json::value::RawValue;

use crate::members;

/// The levels, the least important first (RFC 5424).
const LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// Whether a text is a level.
pub fn is_level(text: &str) -> bool {
    LEVELS.contains(&text)
}

/// Whether a client hears of a log message with these `params`; `least` is the level that it named.
/// A message of an unknown level is heard by who hears any.
pub fn is_heard(params: Option<&RawValue>, least: Option<&str>) -> bool {
    let Some(least) = least else { return false };
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
    let level = params
        .and_then(|params| members::read(params.get(), ["level"]).ok())
        .and_then(|[level]| members::string(level?));
    match (level.and_then(|level| rank(&level)), rank(least)) {
        (Some(level), Some(least)) => level >= least,
        _ => true,
    }
}

/// The level that the `params` of `logging/setLevel` name, if it is one.
pub fn level_of(params: Option<&RawValue>) -> Option<String> {
    let [level] = members::read(params?.get(), ["level"]).ok()?;
    members::string(level?).filter(|level| is_level(level)).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn who_names_no_level_hears_nothing() {
        assert!(!is_heard(Some(&raw(r#"{"level":"emergency"}"#)), None));
    }

    #[test]
    fn a_message_is_heard_from_the_named_level_on() {
        let heard = |level: &str, least| {
            is_heard(Some(&raw(&format!(r#"{{"level":"{level}","data":1}}"#))), Some(least))
        };
        assert!(heard("error", "warning") && heard("warning", "warning"));
        assert!(!heard("info", "warning") && !heard("debug", "info"));
        assert!(heard("odd", "warning") && heard("debug", "odd") && is_heard(None, Some("info")));
    }

    #[test]
    fn the_level_of_a_session_is_read() {
        let level = |text: &str| level_of(Some(&raw(text)));
        assert_eq!(level(r#"{"level":"notice"}"#).as_deref(), Some("notice"));
        assert_eq!((level(r#"{"level":"odd"}"#), level("{}"), level_of(None)), (None, None, None));
    }
}
