//! What replicas share.

use std::time::Duration;

use registry_redis::RedisOptions;
use secrecy::{ExposeSecret, SecretString};

use super::Reader;

const URL: &[&str] = &["MREG_REDIS_URL", "REDIS_URL"];

/// Settings of Redis.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// How it is reached; without it, each process keeps for itself what replicas would share.
    pub options: Option<RedisOptions>,
}

impl RedisSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.set_by(URL);
        let text = reader.text(URL);
        let password = reader.secret(&["MREG_REDIS_PASSWORD"]);
        let prefix = reader.parsed(
            &["MREG_REDIS_KEY_PREFIX"],
            "",
            "at most 64 visible ASCII characters",
            |text| {
                let fits = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic());
                fits.then(|| text.to_owned())
            },
        );
        let pool_size = reader.number(&["MREG_REDIS_MAX_CONNECTIONS"], 20, 1, 1000);
        let timeout = reader.number(&["MREG_REDIS_SOCKET_TIMEOUT"], 5, 1, 60);
        let options = text.map(|text| RedisOptions {
            password: password.filter(|password| !password.expose_secret().is_empty()),
            key_prefix: prefix.unwrap_or_default(),
            pool_size,
            command_timeout: Duration::from_secs(timeout),
            ..RedisOptions::new(SecretString::from(text))
        });
        if let (Some(name), Some(Err(wrong))) = (url, options.as_ref().map(RedisOptions::check)) {
            reader.problem(&name, wrong.to_string());
        }
        Self { options }
    }
}
