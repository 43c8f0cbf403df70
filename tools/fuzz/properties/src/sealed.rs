//! Nobody makes a sealed value but we, and none opens but for what it was made for.

use std::sync::LazyLock;

use registry_domain::ports::{Purpose, Sealer as _};
use registry_sealing::{AeadSealer, SealingKey};

static SEALER: LazyLock<AeadSealer> = LazyLock::new(|| {
    let key = SealingKey::parse(&format!("fuzz:{}=", "A".repeat(43)));
    let Some(Ok(sealer)) = key.map(|key| AeadSealer::new(&[key])) else {
        panic!("the key is one");
    };
    sealer
});

/// Takes the bytes as a value that somebody made up; then seals them, and changes one bit of it.
pub fn sealed(bytes: &[u8]) {
    for purpose in [Purpose::Cursor, Purpose::State, Purpose::Session, Purpose::Vault] {
        assert_eq!(SEALER.open(purpose, b"whose", bytes), None, "a made-up value opens");
    }
    let Ok(mut sealed) = SEALER.seal(Purpose::State, b"whose", bytes) else { return };
    assert_eq!(SEALER.open(Purpose::State, b"whose", &sealed).as_deref(), Some(bytes));
    assert_eq!(SEALER.open(Purpose::Cursor, b"whose", &sealed), None, "for another purpose");
    assert_eq!(SEALER.open(Purpose::State, b"others", &sealed), None, "for somebody else");
    let at = bytes.iter().fold(0, |at: usize, byte| at.wrapping_mul(31) ^ usize::from(*byte));
    let length = sealed.len();
    if let Some(byte) = sealed.get_mut(at % length) {
        *byte ^= 1 << (at % 8);
    }
    assert_eq!(SEALER.open(Purpose::State, b"whose", &sealed), None, "with a bit changed at {at}");
}
