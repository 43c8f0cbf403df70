//! Where Redis is: from a URL to what the client wants to know.

use std::sync::Arc;

use deadpool_redis::redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, TlsMode};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::RedisOpenError;

/// Where a Sentinel listens when its URL does not say.
const SENTINEL_PORT: u16 = 26_379;
/// Where a Redis listens when its URL does not say.
const REDIS_PORT: u16 = 6_379;

/// Where Redis is, and in which form.
pub(crate) struct Address {
    pub(crate) form: Form,
    /// Host, port and database, for people.
    pub(crate) place: Arc<str>,
    pub(crate) is_tls: bool,
}

/// In which form Redis runs.
pub(crate) enum Form {
    Single(Box<ConnectionInfo>),
    /// Sentinels know who is the master; what is in `node` holds for the master.
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        master: String,
        node: Box<ConnectionInfo>,
    },
    Cluster(Vec<ConnectionInfo>),
}

fn wrong(why: &str) -> RedisOpenError {
    RedisOpenError::Url { why: why.to_owned() }
}

/// The parts of a URL that may name several hosts, which no URL parser takes.
struct Parts<'u> {
    is_tls: bool,
    form: Option<&'u str>,
    credentials: Option<&'u str>,
    hosts: &'u str,
    path: &'u str,
    /// `?…` and `#…`.
    rest: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Result<Self, RedisOpenError> {
        let (scheme, after) = url.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        let (base, form) =
            scheme.split_once('+').map_or((scheme, None), |(base, form)| (base, Some(form)));
        let is_tls = match base {
            "redis" => false,
            "rediss" => true,
            _ => return Err(wrong("the scheme is neither redis nor rediss")),
        };
        let end = after.find(['?', '#']).unwrap_or(after.len());
        let (after, rest) = after.split_at_checked(end).unwrap_or((after, ""));
        let (authority, path) = after.split_once('/').unwrap_or((after, ""));
        let (credentials, hosts) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(credentials, hosts)| (Some(credentials), hosts));
        if hosts.is_empty() {
            return Err(wrong("it names no host"));
        }
        Ok(Self { is_tls, form, credentials, hosts, path, rest })
    }

    /// One host as the client knows it.
    fn node(
        &self,
        host: &str,
        database: &str,
        credentials: Option<&str>,
        default_port: u16,
    ) -> Result<ConnectionInfo, RedisOpenError> {
        let scheme = if self.is_tls { "rediss" } else { "redis" };
        let (at, credentials) = credentials.map_or(("", ""), |credentials| ("@", credentials));
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
        let port = if has_port { String::new() } else { format!(":{default_port}") };
        let rest = self.rest;
        format!("{scheme}://{credentials}{at}{host}{port}/{database}{rest}")
            .into_connection_info()
            // Only the kind of the failure: its detail may repeat parts of the URL.
            .map_err(|error| RedisOpenError::Url { why: error.category().to_owned() })
    }

    fn nodes(
        &self,
        credentials: Option<&str>,
        default_port: u16,
    ) -> Result<Vec<ConnectionInfo>, RedisOpenError> {
        self.hosts.split(',').map(|host| self.node(host, "", credentials, default_port)).collect()
    }
}

impl Address {
    /// Reads a URL.
    pub(crate) fn parse(
        url: &SecretString,
        password: Option<&SecretString>,
    ) -> Result<Self, RedisOpenError> {
        let parts = Parts::of(url.expose_secret())?;
        let with_password = |info: ConnectionInfo| match password {
            Some(password) if info.redis_settings().password().is_none() => {
                let settings = info.redis_settings().clone().set_password(password.expose_secret());
                info.set_redis_settings(settings)
            }
            _ => info,
        };
        let form = match parts.form {
            None if parts.hosts.contains(',') => {
                return Err(wrong("several hosts need redis+sentinel or redis+cluster"));
            }
            None => {
                let info = parts.node(parts.hosts, parts.path, parts.credentials, REDIS_PORT)?;
                Form::Single(Box::new(with_password(info)))
            }
            Some("cluster") if parts.path.is_empty() => {
                let nodes = parts.nodes(parts.credentials, REDIS_PORT)?;
                Form::Cluster(nodes.into_iter().map(with_password).collect())
            }
            Some("cluster") => return Err(wrong("a cluster has one database only")),
            Some("sentinel") => {
                let (master, database) = parts.path.split_once('/').unwrap_or((parts.path, ""));
                if master.is_empty() {
                    return Err(wrong("the path of redis+sentinel must name the master"));
                }
                let first = parts.hosts.split(',').next().unwrap_or(parts.hosts);
                let node = parts.node(first, database, parts.credentials, SENTINEL_PORT)?;
                Form::Sentinel {
                    sentinels: parts.nodes(None, SENTINEL_PORT)?,
                    master: master.to_owned(),
                    node: Box::new(with_password(node)),
                }
            }
            Some(_) => return Err(wrong("the form is neither sentinel nor cluster")),
        };
        Ok(Self { place: form.place().into(), form, is_tls: parts.is_tls })
    }

    /// Whether names and certificates are checked.
    pub(crate) fn tls_mode(&self) -> Option<TlsMode> {
        self.is_tls.then_some(TlsMode::Secure)
    }
}

impl Form {
    fn place(&self) -> String {
        let hosts = |infos: &[ConnectionInfo]| {
            infos.iter().map(|info| host_and_port(info.addr())).collect::<Vec<_>>().join(",")
        };
        match self {
            Self::Single(info) => {
                let database = info.redis_settings().db();
                format!("{}/{database}", host_and_port(info.addr()))
            }
            Self::Sentinel { sentinels, master, .. } => format!("{}/{master}", hosts(sentinels)),
            Self::Cluster(nodes) => hosts(nodes),
        }
    }
}

fn host_and_port(addr: &ConnectionAddr) -> String {
    match addr {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            format!("{host}:{port}")
        }
        _ => "a local socket".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Result<String, String> {
        Address::parse(&SecretString::from(url), None)
            .map(|address| address.place.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_place_names_host_port_and_database_and_no_password() {
        for (url, expected) in [
            ("redis://127.0.0.1", "127.0.0.1:6379/0"),
            ("redis://user:s3cret@cache.example:1234/3", "cache.example:1234/3"),
            ("rediss://:s3cret@cache.example", "cache.example:6379/0"),
            ("redis+cluster://:s3cret@a:1,b", "a:1,b:6379"),
            ("rediss+sentinel://u:s3cret@a,b:7/main/2", "a:26379,b:7/main"),
        ] {
            assert_eq!(place(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_it() {
        for url in [
            "s3cret",
            "http://:s3cret@a",
            "redis://:s3cret@",
            "redis://:s3cret@a,b",
            "redis://:s3cret@a/s3cret",
            "redis://a/0?protocol=s3cret",
            "redis+cluster://:s3cret@a,b/1",
            "redis+sentinel://:s3cret@a,b",
            "redis+other://:s3cret@a",
        ] {
            let told = place(url).unwrap_err();
            assert!(!told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn a_password_beside_the_url_is_used_where_the_url_has_none() {
        let beside = SecretString::from("beside");
        for (url, expected) in [("redis://a", "beside"), ("redis://:inside@a", "inside")] {
            let address = Address::parse(&SecretString::from(url), Some(&beside)).unwrap();
            let Form::Single(info) = address.form else { panic!("one host") };
            assert_eq!(info.redis_settings().password(), Some(expected));
        }
    }
}
