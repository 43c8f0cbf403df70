//! Times as JSON spells them.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// RFC 3339 in UTC with `Z` and always six digits of a second: what every store keeps, and texts
/// of one length that sort like the times they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireTime(pub Timestamp);

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_second_has_its_digits_too() {
        let json = serde_json::to_string(&WireTime(Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(json, r#""1970-01-01T00:00:00.000000Z""#);
    }
}
