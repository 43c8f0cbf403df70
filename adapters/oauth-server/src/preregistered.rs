//! Clients that the operator names in a file: for those that neither register themselves nor have a
//! metadata document, and for confidential ones.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::clients::Client;
use crate::redirect::{self, ApplicationType, Kind};
use crate::secrets::sha256;

/// The clients of the file, by id.
#[derive(Debug, Clone, Default)]
pub struct Preregistered(Arc<HashMap<String, Client>>);

/// One client of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    client_secret: Option<String>,
}

/// Why the file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PreregisteredError {
    /// It is not what it should be.
    #[error("it must be a JSON array of clients: {0}")]
    NotClients(#[source] serde_json::Error),
    /// A client of it breaks a rule.
    #[error("client {number}: {rule}")]
    Client {
        /// Which, counted from 1.
        number: usize,
        /// The rule.
        rule: String,
    },
}

impl Preregistered {
    /// Reads the file's text: `[{"client_id", "client_name", "redirect_uris", "client_secret"}]`,
    /// name and secret optional.
    ///
    /// # Errors
    /// [`PreregisteredError`].
    pub fn parse(text: &str) -> Result<Self, PreregisteredError> {
        let entries: Vec<Entry> =
            serde_json::from_str(text).map_err(PreregisteredError::NotClients)?;
        let mut clients = HashMap::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let number = index.saturating_add(1);
            let client =
                client(entry).map_err(|rule| PreregisteredError::Client { number, rule })?;
            if clients.insert(client.id.clone(), client).is_some() {
                let rule = "client_id is another client's".to_owned();
                return Err(PreregisteredError::Client { number, rule });
            }
        }
        Ok(Self(Arc::new(clients)))
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Client> {
        self.0.get(id)
    }
}

fn client(entry: Entry) -> Result<Client, String> {
    let id_is_fit = (1..=200).contains(&entry.client_id.len())
        && entry.client_id.bytes().all(|byte| byte.is_ascii_graphic());
    if !id_is_fit {
        return Err("client_id must be 1 to 200 visible ASCII characters".to_owned());
    }
    if entry.client_secret.as_ref().is_some_and(|secret| secret.len() < 32) {
        return Err("client_secret must have at least 32 characters".to_owned());
    }
    let kind =
        Kind { application: ApplicationType::Unsaid, is_public: entry.client_secret.is_none() };
    Ok(Client {
        name: crate::clients::name(entry.client_name.as_deref())?,
        redirect_uris: redirect::all(&entry.redirect_uris, kind)?,
        secret_hash: entry.client_secret.as_deref().map(sha256),
        id: entry.client_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_or_its_fault_named() {
        let good = r#"[{"client_id": "ide", "redirect_uris": ["http://127.0.0.1/cb"]}]"#;
        assert!(Preregistered::parse(good).unwrap().find("ide").is_some());
        for (text, said) in [
            ("{}", "JSON array"),
            (r#"[{"client_id": "a"}]"#, "redirect_uris"),
            (
                r#"[{"client_id": "", "redirect_uris": ["https://a.example"]}]"#,
                "client 1: client_id",
            ),
            (
                r#"[{"client_id": "a", "redirect_uris": ["ftp://a"]}]"#,
                "redirect_uris[0] must be https",
            ),
            (
                r#"[{"client_id": "a", "redirect_uris": ["https://a.example"], "client_secret": "x"}]"#,
                "client_secret",
            ),
        ] {
            let error = Preregistered::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
