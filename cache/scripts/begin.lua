-- name: begin
local copy, lease, floors, tombs = unpack(KEYS)
local run, fresh, token, how, lease_ms, seen, source, part = unpack(ARGV)
local now, f = tick(floors, tombs, run, fresh)
local era = string.sub(f, 1, 16)
if how ~= 'past' then
  local began = began_of(copy, era)
  if began > tonumber(seen) and began > floor(f, source, part) then
    return {2, redis.call('GET', copy)}
  end
end
-- A process may begin several times for one key; the lease ends with the first of these.
if how == 'ask' and not redis.call('SET', lease, token .. decimal(now), 'NX', 'PX', lease_ms)
   and string.sub(redis.call('GET', lease), 1, #token) ~= token then
  return {0, redis.call('PTTL', lease)}
end
return {1, now, era}
