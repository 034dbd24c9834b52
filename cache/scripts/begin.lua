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
if how == 'ask' and not redis.call('SET', lease, token, 'NX', 'PX', lease_ms)
   and redis.call('GET', lease) ~= token then
  return {0, redis.call('PTTL', lease)}
end
return {1, now, era}
