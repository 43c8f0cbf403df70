//! Which keys name a secret, judged by their whole words.
//!
//! `api_key`, `authToken` and `APIKey` do; `keyword`, `author` and `max_tokens` do not. Words are
//! parted by anything that is no letter, and inside a run of letters where lower case turns to
//! upper (`auth|Token`) or where the last of several capitals begins a word (`API|Key`).

use std::borrow::Cow;

const SECRETS: [&str; 9] = [
    "password",
    "passwd",
    "secret",
    "token",
    "key",
    "auth",
    "authorization",
    "credential",
    "credentials",
];

/// Whether a key, raw and with its quotes, names a secret. One that cannot be read (half a
/// surrogate pair) is taken for one.
pub(super) fn is_secret(raw_key: &str) -> bool {
    let key = if raw_key.contains('\\') {
        match serde_json::from_str(raw_key) {
            Ok(key) => Cow::Owned(key),
            Err(_) => return true,
        }
    } else {
        Cow::Borrowed(raw_key.trim_matches('"'))
    };
    key.split(|letter: char| !letter.is_alphabetic()).any(has_secret_word)
}

/// Whether one of the camelCase words of a run of letters is a secret.
fn has_secret_word(run: &str) -> bool {
    let mut rest = run;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(first_word_len(rest));
        if SECRETS.iter().any(|secret| word.eq_ignore_ascii_case(secret)) {
            return true;
        }
        rest = behind;
    }
    false
}

/// The length of the first camelCase word, at least one letter.
fn first_word_len(run: &str) -> usize {
    let mut letters = run.char_indices();
    let Some((_, mut before)) = letters.next() else { return 0 };
    let mut letters = letters.peekable();
    while let Some((at, letter)) = letters.next() {
        let begins_word = letters.peek().is_some_and(|(_, next)| next.is_lowercase());
        if letter.is_uppercase() && (before.is_lowercase() || begins_word) {
            return at;
        }
        before = letter;
    }
    run.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(key: &str) -> bool {
        is_secret(&serde_json::to_string(key).unwrap())
    }

    #[test]
    fn keys_with_a_secret_word_are_secret() {
        for key in [
            "password",
            "PASSWORD",
            "Passwd",
            "api_key",
            "API_KEY",
            "X-API-Key",
            "APIKey",
            "apiKey",
            "authToken",
            "accessToken2",
            "client_secret",
            "clientSecret",
            "private_key",
            "OAuth",
            "Authorization",
            "proxy-authorization",
            "aws.credentials",
            "credential",
            "key",
            "token1",
            "my token",
            "2token",
            "schlüsselKey",
            "KEYId",
            "x_auth_",
            "TokenID",
        ] {
            assert!(judge(key), "{key}");
        }
    }

    #[test]
    fn keys_that_only_contain_the_letters_are_not() {
        for key in [
            "keyword",
            "author",
            "max_tokens",
            "maxTokens",
            "monkey",
            "tokenizer",
            "",
            "KEYWORD",
            "authority",
            "passwordless",
            "Monkey",
            "secretary",
            "_",
            "é",
            "hotkeys",
            "oauth",
        ] {
            assert!(!judge(key), "{key}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_read_is_taken_for_a_secret() {
        assert!(is_secret(r#""\ud800""#));
        assert!(is_secret(r#""\u006bey""#));
        assert!(!is_secret(r#""\u0061""#));
    }
}
