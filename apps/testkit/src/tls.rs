//! TLS in front of a server that speaks none, under certificates of a test's own authority.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::upstreams::running::Running;

/// Who signs certificates. A program trusts it, and nobody else, whose `SSL_CERT_FILE` is
/// [`Authority::file`].
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "`Authority::new()` says that it is one")]
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = params.self_signed(&key).expect("a certificate of its own");
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Self { issuer: Issuer::new(params, key), folder };
        std::fs::write(authority.file(), own.pem()).expect("the certificate is written");
        authority
    }

    /// Its certificate, as PEM.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// A server's certificate for a host, that is good today.
    pub fn certificate(&self, host: &str) -> Certificate {
        self.signed(host, |_| {})
    }

    /// One whose time is over.
    pub fn expired(&self, host: &str) -> Certificate {
        self.signed(host, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 1);
        })
    }

    fn signed(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
        change(&mut params);
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the usual versions")
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key)
            .expect("a certificate and its key");
        Certificate(Arc::new(config))
    }
}

/// A server's certificate and its key.
pub struct Certificate(Arc<ServerConfig>);

/// A port that speaks TLS and passes on what is said to a server that does not; dropping it closes
/// the port and every connection.
pub struct TlsDoor(Running);

impl TlsDoor {
    /// In front of the server at `behind`.
    pub fn before(behind: SocketAddr, certificate: &Certificate) -> Self {
        let acceptor = TlsAcceptor::from(Arc::clone(&certificate.0));
        Self(Running::start(0, move |socket| pass(socket, acceptor.clone(), behind)))
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.0.address().port()
    }
}

/// Ends with the connection; a handshake that fails is what some tests want.
async fn pass(socket: TcpStream, acceptor: TlsAcceptor, behind: SocketAddr) {
    let Ok(mut client) = acceptor.accept(socket).await else { return };
    let Ok(mut server) = TcpStream::connect(behind).await else { return };
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

/// Eight bytes by which a client of PostgreSQL asks for TLS.
const PG_TLS_PLEASE: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A [`TlsDoor`] for PostgreSQL, whose clients first ask in clear whether there is TLS.
pub struct PgTlsDoor {
    running: Running,
    encrypted: Arc<AtomicUsize>,
    in_clear: Arc<AtomicUsize>,
}

impl PgTlsDoor {
    /// In front of the server at `behind`.
    pub fn before(behind: SocketAddr, certificate: &Certificate) -> Self {
        let acceptor = TlsAcceptor::from(Arc::clone(&certificate.0));
        let (encrypted, in_clear) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counts = (Arc::clone(&encrypted), Arc::clone(&in_clear));
        let running = Running::start(0, move |mut socket| {
            let (acceptor, counts) = (acceptor.clone(), counts.clone());
            async move {
                let mut asked = [0; 8];
                if socket.read_exact(&mut asked).await.is_err() {
                    return;
                }
                if asked != PG_TLS_PLEASE {
                    // It said who it is, to whoever listens.
                    counts.1.fetch_add(1, Ordering::SeqCst);
                } else if socket.write_all(b"S").await.is_ok() {
                    let Ok(mut client) = acceptor.accept(socket).await else { return };
                    counts.0.fetch_add(1, Ordering::SeqCst);
                    let Ok(mut server) = TcpStream::connect(behind).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            }
        });
        Self { running, encrypted, in_clear }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// How many connections were encrypted.
    pub fn encrypted(&self) -> usize {
        self.encrypted.load(Ordering::SeqCst)
    }

    /// How many spoke in clear.
    pub fn in_clear(&self) -> usize {
        self.in_clear.load(Ordering::SeqCst)
    }
}
