-- name: fill
local copy, lease, floors, tombs = unpack(KEYS)
local era, began, token, ttl, source, part, prefix, rest = unpack(ARGV)
local n = tonumber(ARGV[9])
if redis.call('GET', lease) == token then redis.call('UNLINK', lease) end
local f = redis.call('GET', floors)
local last = redis.call('ZSCORE', tombs, '@last')
began = tonumber(began)
if not f or not last or string.sub(f, 1, 16) ~= era or began <= last - 600000000
   or floor(f, source, part) >= began or began_of(copy, era) > began then
  return 0
end
for i = 10, 9 + n do
  local tomb = redis.call('ZSCORE', tombs, ARGV[i])
  if tomb and tonumber(tomb) >= began then return 0 end
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local last_ms = tonumber(ttl) + 1000
local members = {now + last_ms, rest}
for i = 10 + n, #ARGV - 1 do
  members[#members + 1] = now + last_ms
  members[#members + 1] = '@' .. ARGV[i]
end
-- The index comes first: a copy that is in none would stay when its names are voided. An index lasts a second longer
-- than what stands in it.
for i = 10, 9 + n do
  local index = prefix .. ARGV[i] .. '}:i'
  if type(redis.pcall('ZREMRANGEBYSCORE', index, '-inf', now)) ~= 'number' then redis.call('UNLINK', index) end
  redis.call('ZADD', index, 'GT', unpack(members))
  if redis.call('PTTL', index) < last_ms then redis.call('PEXPIRE', index, last_ms) end
end
redis.call('SET', copy, ARGV[#ARGV], 'PX', ttl)
return 1
