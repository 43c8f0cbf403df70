//! A bound on the number of keys of one kind: their names in a sorted set by when they end.
//!
//! The set and the keys are written one after the other, as a cluster may keep them on different
//! nodes. What falls between leaves a name without a key, which counts until its end: the bound
//! holds, it may be reached early.

use std::sync::LazyLock;

use deadpool_redis::redis::{RedisResult, Script};
use jiff::Timestamp;

use crate::link::Link;

/// KEYS: the set. ARGV: now, the name, its end, how many there may be, whether to make room.
/// Answers whether there is a place, and the names that had to go.
static RESERVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local gone = {}
local max = tonumber(ARGV[4])
if not redis.call('ZSCORE', KEYS[1], ARGV[2]) then
  local over = redis.call('ZCARD', KEYS[1]) + 1 - max
  if over > 0 then
    if ARGV[5] == '0' then return {0, gone} end
    local popped = redis.call('ZPOPMIN', KEYS[1], over)
    for i = 1, #popped, 2 do gone[#gone + 1] = popped[i] end
  end
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
return {1, gone}
",
    )
});

/// What to do when there is no place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    Refuse,
    MakeRoom,
}

/// A place under a bound.
pub(crate) struct Place {
    pub(crate) set: String,
    pub(crate) name: String,
    pub(crate) now: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) max: usize,
    pub(crate) when_full: WhenFull,
}

impl Place {
    /// Takes the place; answers whether it could be had, and the names that had to go for it.
    pub(crate) async fn take(&self, link: &mut Link) -> RedisResult<(bool, Vec<String>)> {
        RESERVE
            .key(&self.set)
            .arg(self.now.as_microsecond())
            .arg(&self.name)
            .arg(self.end.as_microsecond())
            .arg(self.max)
            .arg(u8::from(self.when_full == WhenFull::MakeRoom))
            .invoke_async(link)
            .await
    }
}
