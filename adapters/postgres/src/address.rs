//! Where the database is, and how safely it is spoken to.

use std::fmt;
use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::open_error::OpenError;

/// What `pg_stat_activity` shows of us, unless the address says otherwise.
const APPLICATION_NAME: &str = "mcp-registry";

/// The address of a database. Shown without its password.
#[derive(Clone)]
pub struct PgAddress {
    pub(crate) config: Config,
    pub(crate) root_certificates: Option<PathBuf>,
}

impl PgAddress {
    /// Reads `postgres://user:password@host:port/database?sslmode=…`.
    ///
    /// `sslmode` is `disable`, `prefer` (the default: TLS where the server has it, in clear
    /// otherwise), `require`, `verify-ca` or `verify-full`; the last three all check the
    /// certificate's chain and name. `sslrootcert` names a PEM file with the authorities to trust
    /// instead of the public ones. All else is as `tokio-postgres` reads it.
    ///
    /// # Errors
    /// [`OpenError::Address`], which never repeats the address.
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(OpenError::Address("it does not begin with postgres://"));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut mode = SslMode::Prefer;
        let mut root_certificates = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let read = url::form_urlencoded::parse(pair.as_bytes()).next();
            match read.as_ref().map(|(name, value)| (name.as_ref(), value.as_ref())) {
                Some(("sslmode", value)) => mode = ssl_mode(value)?,
                Some(("sslrootcert", value)) => root_certificates = Some(PathBuf::from(value)),
                _ => rest.push(pair),
            }
        }
        // The cause is left out: it may repeat a part of the address.
        let mut config: Config = format!("{base}?{}", rest.join("&"))
            .parse()
            .map_err(|_| OpenError::Address("it does not read as an address with options"))?;
        if config.get_hosts().is_empty() {
            return Err(OpenError::Address("it names no host"));
        }
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION_NAME);
        }
        Ok(Self { config, root_certificates })
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        self.config.get_dbname().or_else(|| self.config.get_user()).unwrap_or_default()
    }

    pub(crate) fn root_certificates(&self) -> Option<&Path> {
        self.root_certificates.as_deref()
    }
}

fn ssl_mode(word: &str) -> Result<SslMode, OpenError> {
    match word {
        "disable" => Ok(SslMode::Disable),
        "allow" | "prefer" => Ok(SslMode::Prefer),
        // rustls checks chain and name whenever it is used.
        "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
        _ => Err(OpenError::Address(
            "its sslmode is not disable, prefer, require, verify-ca or verify-full",
        )),
    }
}

impl fmt::Display for PgAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = self.config.get_ports();
        for (number, host) in self.config.get_hosts().iter().enumerate() {
            let port = ports.get(number).or_else(|| ports.first()).copied().unwrap_or(5432);
            let comma = if number == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(out, "{comma}{name}:{port}")?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(out, "{comma}{}:{port}", folder.display())?,
            }
        }
        write!(out, "/{}", self.database())
    }
}

impl fmt::Debug for PgAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PgAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sslmode_reads_and_others_are_refused() {
        for (word, mode) in [
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer", SslMode::Prefer),
            ("?sslmode=require", SslMode::Require),
            ("?sslmode=verify-ca", SslMode::Require),
            ("?connect_timeout=3&sslmode=verify-full", SslMode::Require),
            ("", SslMode::Prefer),
        ] {
            let address = PgAddress::parse(&format!("postgres://u@h/d{word}")).unwrap();
            assert_eq!(address.config.get_ssl_mode(), mode, "{word}");
        }
        let refused = PgAddress::parse("postgres://u@h/d?sslmode=maybe").unwrap_err();
        assert!(refused.to_string().contains("sslmode"), "{refused}");
    }

    #[test]
    fn authorities_and_other_options_are_kept() {
        let url = "postgresql://u@h/d?sslrootcert=%2Fetc%2Fmy%20ca.pem&application_name=other";
        let address = PgAddress::parse(url).unwrap();
        assert_eq!(address.root_certificates(), Some(Path::new("/etc/my ca.pem")));
        assert_eq!(address.config.get_application_name(), Some("other"));
    }

    #[test]
    fn nothing_shows_the_password() {
        let address = PgAddress::parse("postgres://ada:s3cret@db.example.com:6432/r").unwrap();
        assert_eq!(address.to_string(), "db.example.com:6432/r");
        assert!(!format!("{address:?}").contains("s3cret"));
        for bad in ["postgres://ada:s3cret@h/d?port=s3cret", "s3cret", "postgres://ada:s3cret@/d"] {
            let said = format!("{:?}", PgAddress::parse(bad).map(|_| ()));
            assert!(said.starts_with("Err") && !said.contains("s3cret"), "{said}");
        }
    }
}
