local function decimal(n) return string.format('%016.0f', n) end
-- 4503599627370496 = 2^52, above all ticks until 2112: what is no tick is not trimmed with them.
local function evicted()
  local stats = redis.call('INFO', 'stats')
  return tonumber(string.match(stats, 'evicted_keys:(%d+)')) + 4503599627370496
end

-- The next tick, and the floors; a new era when either of the two keys is lost, no such thing, or of another run.
local function tick(floors, tombs, run, fresh)
  local t = redis.call('TIME')
  local now = t[1] * 1000000 + t[2]
  local last = tonumber(redis.pcall('ZSCORE', tombs, '@last') or nil)
  local f = redis.pcall('GET', floors)
  if last and last >= now then now = last + 1 end
  if not last or type(f) ~= 'string' or #f % 32 ~= 16 or string.sub(f, 1, 8) ~= run then
    f = run .. fresh
    redis.call('SET', floors, f)
    redis.call('UNLINK', tombs)
    redis.call('ZADD', tombs, decimal(evicted()), '@evicted')
  end
  redis.call('ZADD', tombs, decimal(now), '@last')
  return now, f
end
