local function decimal(n) return string.format('%016.0f', n) end
-- 4503599627370496 = 2^52, above all ticks until 2112: what is no tick is not trimmed with them.
local function evicted()
  local stats = redis.call('INFO', 'stats')
  local _, at = string.find(stats, 'evicted_keys:', 1, true)
  return tonumber(string.match(stats, '^%d+', at + 1)) + 4503599627370496
end

-- The next tick, which is also that of the tomb of `name` unless that is nil, and the floors; a new era when either of
-- the two keys is lost, no such thing, or of another run; the tick as text.
local function tick(floors, tombs, run, fresh, name)
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
  local text = decimal(now)
  redis.call('ZADD', tombs, text, '@last', text, name or '@last')
  return now, f, text
end
