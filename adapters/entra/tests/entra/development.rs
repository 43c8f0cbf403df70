//! The development issuer: one key per data directory, tokens that the same verifier accepts.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use registry_domain::caller::Role;
use registry_domain::ports::{RefusalClass, TokenVerifier as _, Verification};
use registry_entra::{
    DevelopmentIssuer, DevelopmentKey, HttpJwks, IssueError, IssuerRules, JwksAddress,
    JwksSettings, JwtVerifier, KeySource, LocalKeys, TokenRequest, VerifierSettings,
};
use registry_sealing::secret_file::SecretFileError;
use serde_json::json;
use tokio::runtime::Handle;

use crate::fake_host::FakeHost;
use crate::support::{Answer, MockClock};

const ISSUER: &str = "http://127.0.0.1:8000/dev";
const AUDIENCE: &str = "mcp-registry";

fn issuer(dir: &Path, clock: &Arc<MockClock>) -> DevelopmentIssuer {
    let key = Arc::new(DevelopmentKey::load_or_create(dir).unwrap());
    DevelopmentIssuer::new(ISSUER, AUDIENCE, key, clock.clone())
}

fn verifier(keys: Arc<dyn KeySource>, clock: &Arc<MockClock>) -> JwtVerifier {
    let mut settings = VerifierSettings::new(IssuerRules::exactly(ISSUER), [AUDIENCE]);
    settings.leeway = Duration::ZERO;
    JwtVerifier::new(settings, keys, clock.clone())
}

fn local(dir: &Path, clock: &Arc<MockClock>) -> JwtVerifier {
    let key = DevelopmentKey::load_or_create(dir).unwrap();
    verifier(Arc::new(LocalKeys::new(&key)), clock)
}

#[test]
fn processes_that_start_at_once_have_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let together = Barrier::new(4);
    let kids = thread::scope(|scope| {
        let load = || {
            together.wait();
            DevelopmentKey::load_or_create(&data).unwrap().kid().to_owned()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["development-issuer.key"], "no drafts are left behind");
}

#[test]
fn the_key_is_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let key = DevelopmentKey::load_or_create(dir.path()).unwrap();
    let path = dir.path().join("development-issuer.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = fs::read_to_string(&path).unwrap();
    assert!(!format!("{key:?}").contains(&secret[30..60]));

    for mode in [0o640, 0o604, 0o620] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let refused = DevelopmentKey::load_or_create(dir.path()).unwrap_err();
        assert!(matches!(refused, SecretFileError::Exposed { mode: seen, .. } if seen == mode));
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
}

#[test]
fn a_file_that_is_no_key_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    DevelopmentKey::load_or_create(dir.path()).unwrap();
    let path = dir.path().join("development-issuer.key");
    fs::write(&path, "something else").unwrap();
    let refused = DevelopmentKey::load_or_create(dir.path()).unwrap_err();
    assert!(matches!(refused, SecretFileError::NotASecret { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), "something else");
}

#[tokio::test]
async fn a_token_of_another_process_is_verified_without_asking_it() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), MockClock::new());
    let request: TokenRequest = serde_json::from_value(json!({
        "subject": "ada", "email": "ada@example.com", "name": "Ada", "tenant": "contoso",
        "roles": ["admin", "user"], "expires_in": 60,
    }))
    .unwrap();
    let token = issuer(dir.path(), &clock).issue(&request).unwrap();
    assert_eq!(token.expires_in, Duration::from_mins(1));

    let verifier = local(dir.path(), &clock);
    let Verification::Verified(seen) = verifier.verify(&token.access_token).await else {
        panic!("refused")
    };
    assert_eq!(seen.identity.subject, "ada");
    assert_eq!(seen.identity.tenant.as_ref().unwrap().as_str(), "contoso");
    assert_eq!(seen.identity.email.as_deref(), Some("ada@example.com"));
    assert_eq!(seen.identity.display_name.as_deref(), Some("Ada"));
    assert_eq!(seen.roles, [Role::Admin, Role::User]);

    clock.pass(Duration::from_mins(1));
    let answer = Answer::from(verifier.verify(&token.access_token).await);
    assert_eq!(answer, Answer::Refused(RefusalClass::Expired));
}

#[tokio::test]
async fn foreign_and_changed_tokens_are_refused() {
    let clock = MockClock::new();
    let (dir, other_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = Arc::new(DevelopmentKey::load_or_create(dir.path()).unwrap());
    let issued = |issuer: &str, audience: &str| {
        DevelopmentIssuer::new(issuer, audience, Arc::clone(&key), clock.clone())
            .issue(&TokenRequest::default())
            .unwrap()
            .access_token
    };
    let other = issuer(other_dir.path(), &clock).issue(&TokenRequest::default()).unwrap();
    let good = issued(ISSUER, AUDIENCE);
    let middle = good.find('.').unwrap() + 20;
    let mut tampered = good.clone().into_bytes();
    tampered[middle] = if tampered[middle] == b'A' { b'B' } else { b'A' };

    let verifier = local(dir.path(), &clock);
    for (token, answer) in [
        (good, Answer::Good),
        (other.access_token, Answer::Refused(RefusalClass::UnknownKey)),
        (String::from_utf8(tampered).unwrap(), Answer::Refused(RefusalClass::BadSignature)),
        (issued("http://127.0.0.1:9/dev", AUDIENCE), Answer::Refused(RefusalClass::WrongIssuer)),
        (issued(ISSUER, "somebody"), Answer::Refused(RefusalClass::WrongAudience)),
    ] {
        assert_eq!(Answer::from(verifier.verify(&token).await), answer, "{token}");
    }
}

#[tokio::test]
async fn the_published_documents_lead_to_the_same_key() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), MockClock::new());
    let host = FakeHost::start("dev").await;
    let address = format!("{}/dev", host.authority());
    let key = Arc::new(DevelopmentKey::load_or_create(dir.path()).unwrap());
    let issuer = DevelopmentIssuer::new(&address, AUDIENCE, key, clock.clone());
    host.publish("/dev/.well-known/openid-configuration", &issuer.discovery_json().to_string());
    host.publish("/dev/keys", &issuer.jwks_json().to_string());

    let url = format!("{address}/.well-known/openid-configuration").parse().unwrap();
    let settings = JwksSettings::new(JwksAddress::Discovery(url));
    let keys = HttpJwks::new(settings, clock.clone(), Handle::current()).unwrap();
    let rules = IssuerRules::exactly(address);
    let settings = VerifierSettings::new(rules, [AUDIENCE]);
    let verifier = JwtVerifier::new(settings, Arc::new(keys), clock.clone());
    let token = issuer.issue(&TokenRequest::default()).unwrap();
    assert_eq!(Answer::from(verifier.verify(&token.access_token).await), Answer::Good);
}

#[tokio::test]
async fn tokens_differ_and_may_lack_an_email() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), MockClock::new());
    let issuer = issuer(dir.path(), &clock);
    let request = TokenRequest { email: Some(String::new()), ..TokenRequest::default() };
    let token = issuer.issue(&request).unwrap().access_token;
    assert_ne!(token, issuer.issue(&request).unwrap().access_token);
    let Verification::Verified(seen) = local(dir.path(), &clock).verify(&token).await else {
        panic!("refused")
    };
    assert_eq!(seen.identity.email, None);

    let request = TokenRequest { expires_in: Some(0), ..TokenRequest::default() };
    let Err(IssueError::Invalid(broken)) = issuer.issue(&request) else { panic!("accepted") };
    assert_eq!(broken[0].rule, "number_out_of_range");
}
