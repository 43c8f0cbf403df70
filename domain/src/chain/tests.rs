//! What a chain proves, and what it does not.

use proptest::prelude::*;

use super::*;

fn entry(position: i64, text: &str) -> Entry {
    Entry {
        position,
        id: Uuid::from_u128(position.unsigned_abs().into()),
        at: None,
        canonical: canonical([("text", Some(text))]),
    }
}

fn chain() -> Chain {
    Chain::of_operations(ChainId(Uuid::from_u128(7)), Timestamp::UNIX_EPOCH)
}

fn sealed(entries: &[Entry]) -> Seal {
    Seal::over(&chain(), 0, None, entries, Timestamp::UNIX_EPOCH).unwrap()
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(".{0,12}", 1..20).prop_map(|texts| {
        (1_i64..).zip(texts).map(|(position, text)| entry(position, &text)).collect()
    })
}

proptest! {
    #[test]
    fn what_is_as_it_was_has_no_flaw(entries in entries()) {
        prop_assert_eq!(check(&sealed(&entries), &entries), []);
    }

    #[test]
    fn whatever_is_changed_is_named(entries in entries(), at in any::<prop::sample::Index>()) {
        let seal = sealed(&entries);
        let mut changed = entries.clone();
        let at = at.index(entries.len());
        changed[at].canonical.push(0);
        let Entry { position, id, .. } = changed[at];
        prop_assert_eq!(check(&seal, &changed), [Flaw::Changed { position, id }]);
    }

    #[test]
    fn whatever_is_removed_is_named(entries in entries(), at in any::<prop::sample::Index>()) {
        let seal = sealed(&entries);
        let mut fewer = entries.clone();
        let Entry { position, .. } = fewer.remove(at.index(entries.len()));
        prop_assert_eq!(check(&seal, &fewer), [Flaw::Removed { position }]);
    }

    #[test]
    fn whatever_is_added_is_named(entries in entries(), at in any::<prop::sample::Index>()) {
        // Between two positions there is room in the audit trail.
        let spread = |entry: &Entry| Entry { position: entry.position * 2, ..entry.clone() };
        let entries: Vec<Entry> = entries.iter().map(spread).collect();
        let seal = sealed(&entries);
        let mut more = entries.clone();
        let at = at.index(entries.len());
        more.insert(at, entry(entries[at].position - 1, "another"));
        let Entry { position, id, .. } = more[at];
        prop_assert_eq!(check(&seal, &more), [Flaw::Added { position, id }]);
    }

    #[test]
    fn a_seal_that_fits_its_marks_alone_is_told(entries in entries(), other in entries()) {
        prop_assume!(entries != other);
        let seal = Seal { digest: sealed(&other).digest, ..sealed(&entries) };
        prop_assert_eq!(check(&seal, &entries), [Flaw::SealChanged]);
    }

    #[test]
    fn other_fields_have_other_bytes(a in ".{0,9}", b in ".{0,9}", c in ".{0,9}", d in ".{0,9}") {
        let bytes = |one: &str, two: &str| canonical([("a", Some(one)), ("b", Some(two))]);
        prop_assert_eq!(bytes(&a, &b) == bytes(&c, &d), (&a, &b) == (&c, &d));
    }

    #[test]
    fn marks_read_back_and_nothing_else_does(entries in entries(), extra in 1_usize..16) {
        let marks: Vec<Mark> = entries.iter().map(Mark::of).collect();
        let mut bytes = Mark::to_bytes(&marks);
        prop_assert_eq!(Mark::read(&bytes), Some(marks));
        bytes.extend(vec![0; extra]);
        prop_assert_eq!(Mark::read(&bytes), None);
    }
}

#[test]
fn an_absent_field_is_not_an_empty_one_and_adds_nothing() {
    let bytes = |value| canonical([("a", Some("x")), ("b", value)]);
    assert_ne!(bytes(None), bytes(Some("")));
    assert_eq!(bytes(None), canonical([("a", Some("x"))]));
}

#[test]
fn a_seal_depends_on_all_that_it_says() {
    let entries = [entry(1, "a"), entry(2, "b")];
    let seal = sealed(&entries);
    for other in [
        Seal { chain: ChainId(Uuid::from_u128(8)), ..seal.clone() },
        Seal { log: Log::Audit, ..seal.clone() },
        Seal { day: seal.day.tomorrow().unwrap(), ..seal.clone() },
        Seal { after: -1, ..seal.clone() },
        Seal { to: 3, ..seal.clone() },
        Seal { count: 3, ..seal.clone() },
        Seal { previous: Some(Digest::of_bytes(b"x")), ..seal.clone() },
    ] {
        assert_eq!(check(&other, &entries), [Flaw::SealChanged], "{other:?}");
    }
}

#[test]
fn what_was_purged_has_no_records_any_more() {
    let entries = [entry(1, "a")];
    let seal = Seal { purged_at: Some(Timestamp::UNIX_EPOCH), marks: vec![], ..sealed(&entries) };
    assert_eq!(check(&seal, &[]), []);
    let added = Flaw::Added { position: 1, id: entries[0].id };
    assert_eq!(check(&seal, &entries), [added]);
}

#[test]
fn no_records_make_no_seal() {
    assert_eq!(Seal::over(&chain(), 0, None, &[], Timestamp::UNIX_EPOCH), None);
}
