-- Whose sheaves were in what is no index any more, nobody knows: the next change voids everything (invalidate.lua).
local function doubt()
  local tombs = KEYS[3]
  redis.call('ZADD', tombs, 'inf', '@evicted')
end

local function alive(members, now)
  local left = {}
  for _, m in ipairs(members) do
    if m[3] >= now then left[#left + 1] = m end
  end
  return left
end

local function last_until(key, now, minutes)
  local ms = (minutes - now + 1) * 60000
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

local function enter_zset(prefix, name, m, now)
  local key = zset_of(prefix, name, m[2])
  if type(redis.pcall('ZREMRANGEBYSCORE', key, '-inf', now - 1)) ~= 'number' then
    doubt()
    redis.call('UNLINK', key)
  end
  redis.call('ZADD', key, 'GT', m[3], m[1] .. m[2] % 2)
  last_until(key, now, m[3])
end

-- Fields of others that have ended go, two for each that comes: so no more than half of them are for nothing.
local function prune(bucket, now)
  local some = redis.call('HRANDFIELD', bucket, 2, 'WITHVALUES')
  for i = 1, #some, 2 do
    local members, minutes = members_of(some[i + 1])
    if (minutes and minutes < now) or (members and #alive(members, now) == 0) then
      redis.call('HDEL', bucket, some[i])
    end
  end
end

local function index(prefix, name, tag, kind, now, minutes)
  local bucket, field = bucket_of(prefix, name), field_of(name)
  local value = redis.pcall('HGET', bucket, field)
  if type(value) == 'table' then
    doubt()
    redis.call('UNLINK', bucket)
    value = nil
  end
  local members, spilt = members_of(value or '')
  if value and not members and not spilt then doubt() end
  members = alive(members or {}, now)
  local own
  for _, m in ipairs(members) do
    if m[1] == tag then own = m end
  end
  if own then
    own[2] = bit.bor(own[2], kind)
    own[3] = math.max(own[3], minutes)
  else
    members[#members + 1] = {tag, kind, minutes}
  end
  if spilt or #members > 4 then
    local most = spilt or 0
    for _, m in ipairs(members) do
      enter_zset(prefix, name, m, now)
      most = math.max(most, m[3])
    end
    redis.call('HSET', bucket, field, 'z' .. struct.pack('>I4', most))
  else
    redis.call('HSET', bucket, field, field_text(members))
  end
  last_until(bucket, now, minutes)
  if not value then prune(bucket, now) end
end
