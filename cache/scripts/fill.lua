-- name: fill
local sheaf, floors, tombs = unpack(KEYS)
local era, seen, px, prefix, tag, kind, n = unpack(ARGV)

local function release(i, token)
  if redis.pcall('GET', KEYS[3 + i]) == token then redis.call('UNLINK', KEYS[3 + i]) end
end

-- Each copy: began, token, source, part, ttl, number of names, names. A name is its text and whether it was asked by.
local copies, at = {}, 8
for i = 1, tonumber(n) do
  local copy = {began = tonumber(ARGV[at]), token = ARGV[at + 1], source = ARGV[at + 2], part = ARGV[at + 3],
                ttl = tonumber(ARGV[at + 4]), first = at + 6, last = at + 5 + tonumber(ARGV[at + 5])}
  copies[i] = copy
  at = copy.last + 1
end

local f = redis.call('GET', floors)
local last = redis.call('ZSCORE', tombs, '@last')
local function is_void(copy)
  if not f or not last or string.sub(f, 1, 16) ~= era or copy.began <= last - 600000000
     or floor(f, copy.source, copy.part) >= copy.began then
    return true
  end
  for i = copy.first, copy.last do
    local tomb = redis.call('ZSCORE', tombs, string.sub(ARGV[i], 1, 16))
    if tomb and tonumber(tomb) >= copy.began then return true end
  end
end
for i, copy in ipairs(copies) do
  if is_void(copy) then
    release(i, copy.token)
    return {0, i}
  end
end
local v = version(sheaf)
if v ~= seen then return {2, v ~= '' and redis.call('GET', sheaf)} end

-- The index comes first: a sheaf that is in none would stay when its names are voided. The name that is its tag needs
-- none.
local t = redis.call('TIME')
local now = math.floor(t[1] / 60)
local ends, of = {}, {}
for _, copy in ipairs(copies) do
  local minutes = math.min(now + math.ceil(copy.ttl / 60000) + 2, minute_most)
  for i = copy.first, copy.last do
    local name = string.sub(ARGV[i], 1, 16)
    if name ~= string.sub(sheaf, -17, -2) then
      ends[name] = math.max(ends[name] or 0, minutes)
      of[name] = bit.bor(of[name] or 0, kind, string.sub(ARGV[i], 17))
    end
  end
end
for name, minutes in pairs(ends) do index(prefix, name, tag, of[name], now, minutes) end
redis.call('SET', sheaf, ARGV[#ARGV], 'PX', px)
for i, copy in ipairs(copies) do release(i, copy.token) end
return 1
