//! Which keys name a secret, judged by their whole words.
//!
//! `api_key`, `authToken` and `apikeys` do; `keyword`, `author` and `max_tokens` do not. Words are
//! parted by anything that is no letter, and inside a run of letters where lower case turns to
//! upper (`auth|Token`) or where the last of several capitals begins a word (`API|Key`).

use std::borrow::Cow;

const SECRETS: [&str; 22] = [
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secrets",
    "clientsecret",
    "token",
    "accesstoken",
    "refreshtoken",
    "bearer",
    "key",
    "apikey",
    "apikeys",
    "privatekey",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "cookies",
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
    let mut before = "";
    words(&key).any(|word| {
        let last = std::mem::replace(&mut before, word);
        // Both words together too: `api_keys` and `passWord` have no secret word by itself.
        SECRETS.iter().any(|secret| {
            secret.eq_ignore_ascii_case(word)
                || secret.split_at_checked(last.len()).is_some_and(|(head, tail)| {
                    head.eq_ignore_ascii_case(last) && tail.eq_ignore_ascii_case(word)
                })
        })
    })
}

/// The words of a key, in their order.
fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(|letter: char| !letter.is_alphabetic()).flat_map(|run| {
        let mut rest = run;
        std::iter::from_fn(move || {
            let (word, behind) = rest.split_at(first_word_len(rest));
            rest = behind;
            (!word.is_empty()).then_some(word)
        })
    })
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
            "apikey",
            "APIKEY",
            "x-apikey",
            "apikeys",
            "api_keys",
            "apiKeys",
            "passwords",
            "user_passwords",
            "secrets",
            "pwd",
            "dbPwd",
            "passphrase",
            "pass-phrase",
            "passWord",
            "Cookie",
            "set-cookie",
            "cookies",
            "sessionCookies",
            "bearer",
            "accesstoken",
            "my_accesstoken",
            "AccessToken",
            "refreshtoken",
            "privatekey",
            "clientsecret",
            "CLIENTSECRET",
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
            "tokens",
            "api",
            "keys",
            "primary_keys",
            "pass",
            "pass_the_word",
            "wordPass",
            "cookiecutter",
            "forbearer",
            "pwdx",
            "access",
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
