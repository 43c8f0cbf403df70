//! Parameters of queries and forms.

use std::borrow::Cow;

use crate::error::OAuthError;

/// The longest parameter, in bytes.
const LONGEST: usize = 8192;

/// Parameters by name. None is given twice (RFC 6749 §3.1), and an empty one is none.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(crate) fn read(text: &[u8]) -> Result<Self, OAuthError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            if value.len() > LONGEST {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                return Err(OAuthError::invalid_request(format!("{name} is too long")));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                return Err(OAuthError::invalid_request(format!("{name} is there more than once")));
            }
            if !value.is_empty() {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Self(pairs))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, OAuthError> {
        let missing = || Cow::Owned(format!("{name} is missing"));
        self.find(name).ok_or_else(|| OAuthError::invalid_request(missing()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_given_once_or_not_at_all() {
        let form = Form::read(b"a=1&b=&c=x+y%26").unwrap();
        assert_eq!(
            (form.find("a"), form.find("b"), form.find("c")),
            (Some("1"), None, Some("x y&"))
        );
        assert!(form.required("b").is_err());
        assert!(Form::read(b"a=1&a=1").is_err());
        assert!(Form::read(&[&b"a="[..], &vec![b'x'; LONGEST + 1]].concat()).is_err());
    }
}
