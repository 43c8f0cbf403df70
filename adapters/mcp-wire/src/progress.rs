//! Progress of a call that the client made again meanwhile: it knows it by another token then.

use bytes::Bytes;

use crate::splice::{Edit, object, range_of, splice};

/// What a notification of the server's is to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The same.
    Same,
    /// This.
    Changed(Bytes),
    /// Nothing: it did not ask to hear of progress.
    Nothing,
}

/// A notification under the token (raw JSON) that the client gave last; whatever is no progress
/// stays as it is.
pub fn of_token(notification: &[u8], token_json: Option<&str>) -> Told {
    let Some(found) = object::find(notification, ["method", "params"]) else { return Told::Same };
    let [Some(r#""notifications/progress""#), Some(params)] = found.values else {
        return Told::Same;
    };
    let Some(token) = token_json else { return Told::Nothing };
    let changed = object::find(params.as_bytes(), ["progressToken"]).and_then(|found| {
        let [old] = found.values;
        let old = old?;
        let range = range_of(notification, old.as_bytes())?;
        splice(notification, &[Edit { range, replacement: token.as_bytes().into() }])
    });
    changed.map_or(Told::Nothing, Told::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRESS: &[u8] = br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1.50}}"#;

    #[test]
    fn progress_is_told_under_the_clients_own_token() {
        let told = of_token(PROGRESS, Some("\"b\""));
        let expected = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"b","progress":1.50}}"#;
        assert_eq!(told, Told::Changed(expected.into()));
    }

    #[test]
    fn who_gave_no_token_hears_of_no_progress() {
        assert_eq!(of_token(PROGRESS, None), Told::Nothing);
        let without = br#"{"method":"notifications/progress","params":{}}"#;
        assert_eq!(of_token(without, Some("1")), Told::Nothing);
    }

    #[test]
    fn any_other_notification_stays_as_it_is() {
        let message = br#"{"method":"notifications/message","params":{"progressToken":1}}"#;
        assert_eq!(of_token(message, None), Told::Same);
        assert_eq!(of_token(b"[]", None), Told::Same);
    }
}
