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

local chunk_most, bits_most = 64 * 16, 8 -- bytes; 16,384 members are more than a change visits

local function place_of(value, tag)
  local at = string.find(value, tag, 1, true)
  while at and at % 16 ~= 1 do at = string.find(value, tag, at + 1, true) end
  return at
end

-- They end with the name's last member, so none of them is missed before.
local function keep_chunk(key, text, now, minutes)
  redis.call('SET', key, text, 'PX', (minutes - now + 1) * 60000)
end

local function get_chunk(key)
  local text = redis.pcall('GET', key) or ''
  if type(text) == 'table' or #text % 16 ~= 0 then
    doubt()
    return ''
  end
  return text
end

-- Each chunk becomes two, by one bit more; or all go, when there are so many that a change could not visit them.
local function split(prefix, name, family, spilt, now)
  local bits = spilt[family]
  for i = 0, 2 ^ bits - 1 do
    local key = chunk_of(prefix, name, family, i)
    local halves = {{}, {}}
    for _, m in ipairs(bits < bits_most and alive(members_of(get_chunk(key)) or {}, now) or {}) do
      local half = halves[math.floor(string.byte(m[1]) / 2 ^ bits) % 2 + 1]
      half[#half + 1] = m
    end
    redis.call('UNLINK', key)
    for half, members in ipairs(halves) do
      local to = chunk_of(prefix, name, family, i + (half - 1) * 2 ^ bits)
      if #members > 0 then keep_chunk(to, text_of(members), now, spilt.minute) end
    end
  end
  spilt[family] = bits < bits_most and bits + 1 or uncounted
end

local function enter_chunk(prefix, name, m, spilt, now)
  local family = family_of(m[2])
  if spilt[family] == uncounted then return end
  local key = chunk_of(prefix, name, family, string.byte(m[1]) % 2 ^ spilt[family])
  local text = get_chunk(key)
  local at = place_of(text, m[1])
  if at then
    local own = members_of(string.sub(text, at, at + 15))[1]
    m = {m[1], bit.bor(own[2], m[2]), math.max(own[3], m[3])}
    text = string.sub(text, 1, at - 1) .. string.sub(text, at + 16)
  end
  local full = #text >= chunk_most
  if full then text = text_of(alive(members_of(text), now)) end
  if full and #text > chunk_most * 3 / 4 then
    split(prefix, name, family, spilt, now)
    return enter_chunk(prefix, name, m, spilt, now)
  end
  keep_chunk(key, text .. text_of({m}), now, spilt.minute)
end

-- Fields of others that have ended go, two for each that comes: so no more than half of them are for nothing.
local function prune(bucket, now)
  local some = redis.call('HRANDFIELD', bucket, 2, 'WITHVALUES')
  for i = 1, #some, 2 do
    local members, spilt = members_of(some[i + 1]), spilt_of(some[i + 1])
    if (spilt and spilt.minute < now) or (members and #alive(members, now) == 0) then
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
  local members, spilt = members_of(value or ''), spilt_of(value or '')
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
    spilt = spilt or {minute = 0, c = 0, w = 0}
    for _, m in ipairs(members) do spilt.minute = math.max(spilt.minute, m[3]) end
    for _, m in ipairs(members) do enter_chunk(prefix, name, m, spilt, now) end
    redis.call('HSET', bucket, field, 'z' .. struct.pack('>I4BB', spilt.minute, spilt.c, spilt.w))
  else
    redis.call('HSET', bucket, field, text_of(members))
  end
  last_until(bucket, now, minutes)
  if not value then prune(bucket, now) end
end
