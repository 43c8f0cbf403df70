//! TLS to the database: rustls, with the public authorities or the operator's own.

use std::path::Path;
use std::sync::Arc;

use registry_domain::ports::Source;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::open_error::OpenError;

/// What makes TLS connections. The provider is named, so that it does not matter whether the
/// process has installed one.
pub(crate) fn connector(root_certificates: Option<&Path>) -> Result<MakeRustlsConnect, OpenError> {
    let refused = |source: Source| OpenError::Certificates {
        file: root_certificates.map(|file| file.display().to_string()).unwrap_or_default(),
        source,
    };
    let roots = match root_certificates {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(file) => read(file).map_err(refused)?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| refused(Box::new(source)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn read(file: &Path) -> Result<RootCertStore, Source> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it".into());
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_authorities_is_named_and_refused() {
        for file in ["/nowhere/ca.pem", "/dev/null"] {
            let refused = connector(Some(Path::new(file))).map(|_| ()).unwrap_err();
            assert!(refused.to_string().contains(file), "{refused}");
        }
        assert!(connector(None).is_ok());
    }
}
