//! What a client may say over a WebSocket: which topics it wants.

use serde::Deserialize;

use crate::topic::Topics;

/// The longest message, in bytes.
pub(crate) const MOST_BYTES: usize = 4 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    subscribe: Option<Vec<String>>,
    unsubscribe: Option<Vec<String>>,
}

/// The topics that a client has after a message.
///
/// # Errors
/// Why the message is not one, in words for the client.
pub(crate) fn topics_after(message: &str, before: Topics) -> Result<Topics, &'static str> {
    let message: Message = serde_json::from_str(message)
        .map_err(|_| r#"only {"subscribe": [topics]} and {"unsubscribe": [topics]} are read"#)?;
    if message.subscribe.is_none() && message.unsubscribe.is_none() {
        return Err("neither subscribe nor unsubscribe is there");
    }
    let topics = |names: Option<Vec<String>>| {
        let names = names.unwrap_or_default();
        Topics::of_names("topics", names.iter().map(String::as_str))
            .map_err(|_| "topics are health, metrics, servers, registrations, requests")
    };
    let (more, fewer) = (topics(message.subscribe)?, topics(message.unsubscribe)?);
    Ok(before.and(more).without(fewer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Topic;

    #[test]
    fn topics_are_added_and_taken_away() {
        let before = Topics::from(Topic::Health);
        let after = topics_after(r#"{"subscribe": ["servers"]}"#, before).unwrap();
        assert_eq!(after.names(), ["health", "servers"]);
        let after = topics_after(r#"{"unsubscribe": ["health"]}"#, after).unwrap();
        assert_eq!(after.names(), ["servers"]);
        let swap = r#"{"subscribe": ["metrics"], "unsubscribe": ["servers"]}"#;
        assert_eq!(topics_after(swap, after).unwrap().names(), ["metrics"]);
    }

    #[test]
    fn what_is_no_wish_is_told_why() {
        for bad in [
            "",
            "hello",
            "[]",
            "{}",
            r#"{"subscribe": "health"}"#,
            r#"{"subscribe": ["weather"]}"#,
            r#"{"publish": ["health"]}"#,
            r#"{"subscribe": ["health"], "more": 1}"#,
        ] {
            let why = topics_after(bad, Topics::default()).err().unwrap();
            assert!(why.len() <= 123, "a close reason has at most 123 bytes: {why}");
        }
    }
}
