-- name: invalidate
local floors, tombs = unpack(KEYS)
local run, fresh, name, prefix, copies = unpack(ARGV)
local now, f = tick(floors, tombs, run, fresh)

local function raise(what)
  local rest = ''
  for i = 17, what == '****************' and 0 or #f, 32 do
    if string.sub(f, i, i + 15) ~= what then rest = rest .. string.sub(f, i, i + 31) end
  end
  if #rest >= 8192 then rest = ''; what = '****************' end
  if what == '****************' then
    redis.call('UNLINK', tombs)
    redis.call('ZADD', tombs, decimal(now), '@last', decimal(evicted()), '@evicted')
  end
  redis.call('SET', floors, string.sub(f, 1, 16) .. rest .. what .. decimal(now))
end
if prefix == 'whole' then
  raise(name)
  return 0
end

local removed, seen, visited, whole = 0, {}, 0, true
local function void(n, depth)
  if seen[n] then return end
  seen[n] = true
  visited = visited + 1
  redis.call('ZADD', tombs, decimal(now), n)
  redis.call('SET', copies .. n .. '}:v', '', 'PX', 1000) -- tells those who listen to changes of copies
  local index = prefix .. n .. '}:i'
  local members = redis.pcall('ZRANGE', index, 0, -1)
  whole = whole and not members.err
  for _, member in ipairs(members) do
    if string.sub(member, 1, 1) ~= '@' then
      removed = removed + redis.call('UNLINK', copies .. member)
      redis.call('UNLINK', copies .. member .. ':l')
    elseif depth < 3 then
      void(string.sub(member, 2), depth + 1)
    end
  end
  redis.call('UNLINK', index)
end

void(name, 0)
redis.call('ZREMRANGEBYSCORE', tombs, '-inf', decimal(now - 600000000))
-- An index may be among the keys that were evicted, or spoilt; then all copies of the tenant go, rather than one of this
-- name stay.
if not whole or tonumber(redis.call('ZSCORE', tombs, '@evicted')) ~= evicted() or visited > 10000
   or redis.call('ZCARD', tombs) > 100000 then
  raise('****************')
end
return removed
