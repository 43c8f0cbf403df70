//! `Range: bytes=…`: which part of something is asked for.

use std::ops::Range;

/// What a range comes to on so many bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of them: one may always answer so (RFC 9110 §14.2), and does to what is no range, to
    /// several at once, and to units that are not bytes.
    Whole,
    /// Some of them.
    Part(Range<u32>),
    /// None that there are.
    Beyond,
}

/// Reads a `Range` header.
pub(crate) fn asked(header: &str, size: u32) -> Asked {
    let Some((unit, range)) = header.split_once('=') else { return Asked::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Asked::Whole;
    }
    match (number(first), number(last)) {
        (Some(first), _) if first >= size && is_forward(first, last) => Asked::Beyond,
        (Some(first), Some(last)) if first <= last => {
            Asked::Part(first..last.saturating_add(1).min(size))
        }
        (Some(first), None) if last.is_empty() => Asked::Part(first..size),
        (None, Some(0)) if first.is_empty() => Asked::Beyond,
        (None, Some(last)) if first.is_empty() => Asked::Part(size.saturating_sub(last)..size),
        _ => Asked::Whole,
    }
}

/// Whether a range that begins there has an end that is none, or not before it.
fn is_forward(first: u32, last: &str) -> bool {
    last.is_empty() || number(last).is_some_and(|last| first <= last)
}

/// A number of digits alone; what is larger than any size is as good as the largest.
fn number(text: &str) -> Option<u32> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_so_many_bytes_of_those_that_there_are() {
        for (header, is) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..10),
            ("bytes=2-4", 2..5),
            ("Bytes = 9-9", 9..10),
            ("bytes=9-99999999999999999999", 9..10),
            ("bytes=-1", 9..10),
            ("bytes=-10", 0..10),
            ("bytes=-11", 0..10),
        ] {
            assert_eq!(asked(header, 10), Asked::Part(is), "{header}");
        }
    }

    #[test]
    fn a_range_that_begins_after_the_end_has_nothing() {
        for header in ["bytes=10-", "bytes=10-12", "bytes=99999999999999999999-", "bytes=-0"] {
            assert_eq!(asked(header, 10), Asked::Beyond, "{header}");
        }
    }

    #[test]
    fn what_is_no_range_is_all_of_it() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=4-2",
            "bytes=12-11",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "bytes=-1,0-0",
            "lines=0-1",
            "bytes=+1-2",
            "bytes=0x1-2",
            "bytes=1 -2",
        ] {
            assert_eq!(asked(header, 10), Asked::Whole, "{header}");
        }
    }
}
