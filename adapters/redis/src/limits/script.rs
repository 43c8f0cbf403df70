//! The arithmetic of `registry_domain::rate` in two scripts: one takes tokens of several keys, of
//! all or of none; the other gives back what was not used.
//!
//! The time comes with the call, from our own clock, and not from Redis: so the arithmetic is the
//! same in every adapter, down to the microsecond, and tests can set it. Replicas' clocks have to
//! agree within milliseconds, as they do under NTP: one that is ahead by an interval makes the
//! others' callers wait that interval longer, and nobody gets more.

use std::sync::LazyLock;

use deadpool_redis::redis::{RedisResult, Script};
use jiff::Timestamp;

use crate::link::Link;

/// When a key is due, or nil where it holds nothing that reads as a time: another type or no
/// number. That is for who calls to overwrite: else one stray key would fail every call, for good.
const READ: &str = r"
local function read(key)
  local found = redis.pcall('GET', key)
  if type(found) == 'table' then
    if string.sub(found.err, 1, 9) == 'WRONGTYPE' then return nil end
    error(found.err, 0)
  end
  return found and tonumber(found)
end
";

/// KEYS: the keys. ARGV: now, then for each key its interval and tolerance in microseconds and how
/// many tokens are wanted. Answers `{1, taken, left, …}`, or `{0, which key said no, how long}`.
/// A key lives a minute longer than it has anything to say, for clocks that differ and calls that
/// were held up. For the same reason it may be due a minute later than its limit can make it; what
/// is due later still counts as absent, as nobody would ever be admitted again. `SET` overwrites
/// whatever the type was.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    let take = r"
local now = tonumber(ARGV[1])
local answer, dues = {1}, {}
local which, longest = 0, 0
for i = 1, #KEYS do
  local interval = tonumber(ARGV[3 * i - 1])
  local tolerance = tonumber(ARGV[3 * i])
  local wanted = tonumber(ARGV[3 * i + 1])
  local due = read(KEYS[i]) or now
  -- Also what is no number that compares.
  if not (due <= now + tolerance + interval + 60000000) then due = now end
  due = math.max(due, now)
  local over = due + interval - now - tolerance
  if over > 0 then
    if over > longest then which, longest = i, over end
  else
    local room = math.floor((tolerance - (due - now)) / interval)
    local taken = math.min(wanted, room)
    dues[i] = due + taken * interval
    answer[#answer + 1] = taken
    answer[#answer + 1] = math.min(room - taken, 4294967295)
  end
end
if which > 0 then return {0, which, longest} end
for i = 1, #KEYS do
  local ttl = math.floor((dues[i] - now) / 1000) + 60000
  redis.call('SET', KEYS[i], string.format('%.0f', dues[i]), 'PX', string.format('%.0f', ttl))
end
return answer
";
    Script::new(&[READ, take].concat())
});

/// KEYS: the keys. ARGV: now, then for each key by how many microseconds it is due earlier.
/// What does not end by itself was not written here, and goes.
static GIVE_BACK: LazyLock<Script> = LazyLock::new(|| {
    let give_back = r"
local now = tonumber(ARGV[1])
for i = 1, #KEYS do
  local due = (read(KEYS[i]) or now) - tonumber(ARGV[i + 1])
  if not (due > now) or redis.call('PTTL', KEYS[i]) < 0 then
    redis.call('DEL', KEYS[i])
  else
    redis.call('SET', KEYS[i], string.format('%.0f', due), 'KEEPTTL')
  end
end
";
    Script::new(&[READ, give_back].concat())
});

/// What is wanted of one key.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) key: String,
    pub(super) interval_us: i64,
    pub(super) tolerance_us: i64,
    pub(super) tokens: u32,
}

/// What was got of one key.
#[derive(Clone, Copy)]
pub(super) struct Got {
    /// At least one, at most as many as were wanted.
    pub(super) tokens: u32,
    /// How many more there are.
    pub(super) left: u32,
}

/// What Redis says.
pub(super) enum Told {
    /// One for each key that was wanted, in the same order.
    Taken(Vec<Got>),
    /// Nothing was taken.
    Refused {
        /// Which of the keys said no for the longest, from zero.
        which: usize,
        wait_us: u64,
    },
}

/// Takes tokens of all keys, or of none.
pub(super) async fn take(link: &mut Link, now: Timestamp, wanted: &[Wanted]) -> RedisResult<Told> {
    let mut call = TAKE.prepare_invoke();
    call.arg(now.as_microsecond());
    for one in wanted {
        call.key(&one.key).arg(one.interval_us).arg(one.tolerance_us).arg(one.tokens);
    }
    let told: Vec<i64> = call.invoke_async(link).await?;
    let (is_taken, rest) = told.split_first().unwrap_or((&0, &[]));
    let number = |number: Option<&i64>| number.copied().unwrap_or_default();
    if *is_taken == 0 {
        let which = usize::try_from(number(rest.first()).saturating_sub(1)).unwrap_or_default();
        return Ok(Told::Refused { which, wait_us: number(rest.get(1)).unsigned_abs() });
    }
    let count = |value: Option<&i64>| u32::try_from(number(value)).unwrap_or(u32::MAX);
    let got = |pair: &[i64]| Got { tokens: count(pair.first()), left: count(pair.get(1)) };
    Ok(Told::Taken(rest.chunks(2).map(got).collect()))
}

/// Gives back what was not used: keys, and by how much they are due earlier.
pub(super) async fn give_back(
    link: &mut Link,
    now: Timestamp,
    unused: &[(String, i64)],
) -> RedisResult<()> {
    let mut call = GIVE_BACK.prepare_invoke();
    call.arg(now.as_microsecond());
    for (key, unused_us) in unused {
        call.key(key).arg(*unused_us);
    }
    call.invoke_async(link).await
}
