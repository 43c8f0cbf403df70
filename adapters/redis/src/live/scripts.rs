//! The stream's scripts. An entry's id is `{position}-1`, so that the stream itself knows the
//! order; what is in it has no holes.

use std::sync::LazyLock;

use deadpool_redis::redis::Script;

/// KEYS: the stream. ARGV: the channel for news, how many to keep, then position and event in turn.
pub(super) static APPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local function newest()
  local found = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  return found[1] and tonumber(string.match(found[1][1], '^%d+'))
end
local last = newest()
local appended = false
for i = 3, #ARGV, 2 do
  local seq = tonumber(ARGV[i])
  if not last or seq > last then
    if last and seq ~= last + 1 then redis.call('DEL', KEYS[1]) end
    redis.call('XADD', KEYS[1], ARGV[i] .. '-1', 'event', ARGV[i + 1])
    last = seq
    appended = true
  end
end
if appended then
  redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[2])
  redis.call('PUBLISH', ARGV[1], string.format('%.0f', last))
end
",
    )
});

/// KEYS: the stream. ARGV: the first position wanted, how many. Answers the oldest position that
/// is kept, or zero, and positions and events in turn.
pub(super) static REPLAY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if not oldest[1] then return {'0', {}} end
local entries = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  entries[#entries + 1] = string.match(entry[1], '^%d+')
  entries[#entries + 1] = entry[2][2]
end
return {string.match(oldest[1][1], '^%d+'), entries}
",
    )
});

/// KEYS: the stream. Answers the newest position, or zero.
pub(super) static NEWEST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local found = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return found[1] and string.match(found[1][1], '^%d+') or '0'
",
    )
});
