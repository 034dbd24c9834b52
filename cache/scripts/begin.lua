-- name: begin
local sheaf, lease, floors, tombs = unpack(KEYS)
local run, fresh, token, how, lease_ms, seen = unpack(ARGV)
local now, f = tick(floors, tombs, run, fresh)
if how ~= 'past' and seen ~= '*' then
  local v = version(sheaf)
  if v ~= '' and v ~= seen then return {2, redis.call('GET', sheaf), f} end
end
-- A process may begin several times for one key; the lease ends with the first of these. Who began before the customer
-- was voided holds nobody up.
if how == 'ask' and not redis.call('SET', lease, token .. decimal(now), 'NX', 'PX', lease_ms) then
  local held = redis.pcall('GET', lease)
  if type(held) ~= 'string' then held = '' end -- no lease: it is taken over
  if string.sub(held, 1, #token) ~= token then
    local tomb = tonumber(redis.call('ZSCORE', tombs, string.sub(sheaf, -17, -2)) or 0)
    if tomb < (tonumber(string.sub(held, -16)) or 0) then return {0, redis.call('PTTL', lease)} end
    redis.call('SET', lease, token .. decimal(now), 'PX', lease_ms)
  end
end
return {1, now, string.sub(f, 1, 16)}
