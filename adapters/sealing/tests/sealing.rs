//! What a sealed value promises: it opens for what it was sealed for, and for nothing else.

#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use registry_domain::ports::{Purpose, Sealer as _};
use registry_sealing::{AeadSealer, OVERHEAD_BYTES, SealingKey, UnusableKeys};

const PURPOSES: [Purpose; 6] = [
    Purpose::Session,
    Purpose::Cursor,
    Purpose::State,
    Purpose::Vault,
    Purpose::Cookie,
    Purpose::Replica,
];

fn key(name: &str, byte: &str) -> SealingKey {
    // 43 characters of base64 and one of padding are 32 bytes.
    SealingKey::parse(&format!("{name}:{}A=", byte.repeat(42))).unwrap()
}

fn sealer(keys: &[SealingKey]) -> AeadSealer {
    AeadSealer::new(keys).unwrap()
}

proptest! {
    #[test]
    fn what_was_sealed_opens_and_is_longer_by_the_same_always(
        plain in proptest::collection::vec(any::<u8>(), 0..600),
        context in proptest::collection::vec(any::<u8>(), 0..60),
        purpose in 0..PURPOSES.len(),
    ) {
        let sealer = sealer(&[key("k1", "a")]);
        let sealed = sealer.seal(PURPOSES[purpose], &context, &plain).unwrap();
        prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD_BYTES);
        prop_assert_eq!(sealer.open(PURPOSES[purpose], &context, &sealed), Some(plain));
    }

    #[test]
    fn one_flipped_bit_anywhere_is_seen(
        plain in proptest::collection::vec(any::<u8>(), 0..60),
        at in any::<prop::sample::Index>(),
    ) {
        let sealer = sealer(&[key("k1", "a")]);
        let mut sealed = sealer.seal(Purpose::Vault, b"row", &plain).unwrap();
        let bit = at.index(sealed.len() * 8);
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(sealer.open(Purpose::Vault, b"row", &sealed), None);
    }

    #[test]
    fn what_is_cut_or_longer_or_anything_at_all_is_refused(
        plain in proptest::collection::vec(any::<u8>(), 0..60),
        cut in any::<prop::sample::Index>(),
        noise in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let sealer = sealer(&[key("k1", "a")]);
        let sealed = sealer.seal(Purpose::State, b"", &plain).unwrap();
        let cut = cut.index(sealed.len());
        prop_assert_eq!(sealer.open(Purpose::State, b"", &sealed[..cut]), None);
        prop_assert_eq!(sealer.open(Purpose::State, b"", &[&sealed[..], b"x"].concat()), None);
        prop_assert_eq!(sealer.open(Purpose::State, b"", &noise), None);
    }

    #[test]
    fn nothing_moves_between_value_and_context(
        before in "[a-z]{0,8}", after in "[a-z]{1,8}",
    ) {
        let sealer = sealer(&[key("k1", "a")]);
        let whole = format!("{before}{after}");
        let sealed = sealer.seal(Purpose::Cookie, whole.as_bytes(), b"v").unwrap();
        prop_assert_eq!(sealer.open(Purpose::Cookie, before.as_bytes(), &sealed), None);
    }
}

#[test]
fn what_was_sealed_for_one_purpose_opens_for_no_other() {
    let sealer = sealer(&[key("k1", "a")]);
    for sealed_for in PURPOSES {
        let value = sealer.seal(sealed_for, b"c", b"value").unwrap();
        for opened_for in PURPOSES {
            let opened = sealer.open(opened_for, b"c", &value);
            assert_eq!(opened.is_some(), sealed_for == opened_for, "{sealed_for:?} {opened_for:?}");
        }
    }
}

#[test]
fn a_value_never_looks_the_same_twice() {
    let sealer = sealer(&[key("k1", "a")]);
    let one = sealer.seal(Purpose::Session, b"c", b"value").unwrap();
    assert_ne!(one, sealer.seal(Purpose::Session, b"c", b"value").unwrap());
}

#[test]
fn the_first_key_seals_and_all_open() {
    let (old, new) = (key("k1", "a"), key("k2", "b"));
    let before = sealer(std::slice::from_ref(&old));
    let rotated = sealer(&[new.clone(), old]);
    let retired = sealer(&[new]);
    let old_value = before.seal(Purpose::Vault, b"c", b"old").unwrap();
    let new_value = rotated.seal(Purpose::Vault, b"c", b"new").unwrap();
    assert_eq!(rotated.open(Purpose::Vault, b"c", &old_value).as_deref(), Some(&b"old"[..]));
    assert_eq!(retired.open(Purpose::Vault, b"c", &new_value).as_deref(), Some(&b"new"[..]));
    assert_eq!(before.open(Purpose::Vault, b"c", &new_value), None, "sealed with an older key");
    assert_eq!(
        retired.open(Purpose::Vault, b"c", &old_value),
        None,
        "opened with a key that is gone"
    );
}

#[test]
fn another_secret_under_the_same_name_opens_nothing() {
    let sealed = sealer(&[key("k1", "a")]).seal(Purpose::Vault, b"c", b"value").unwrap();
    assert_eq!(sealer(&[key("k1", "b")]).open(Purpose::Vault, b"c", &sealed), None);
}

#[test]
fn no_key_and_two_of_one_name_make_no_sealer() {
    assert!(matches!(AeadSealer::new(&[]), Err(UnusableKeys::None)));
    let twice = AeadSealer::new(&[key("k1", "a"), key("k1", "b")]);
    assert!(matches!(twice, Err(UnusableKeys::SameName { name }) if name == "k1"));
}

#[test]
fn the_key_of_a_file_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealing.key");
    let made = SealingKey::load_or_create(&path).unwrap();
    assert_eq!(SealingKey::load_or_create(&path).unwrap().to_setting(), made.to_setting());
    std::fs::write(&path, "something else").unwrap();
    let refused = SealingKey::load_or_create(&path).unwrap_err().to_string();
    assert!(refused.contains("is not a sealing key"), "{refused}");
}
