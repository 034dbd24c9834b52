-- name: invalidate
local floors, tombs = unpack(KEYS)
local run, fresh, name, prefix, copies, words = unpack(ARGV)
local now, f, at = tick(floors, tombs, run, fresh, prefix ~= 'whole' and name or nil)

if prefix == 'whole' then
  raise(floors, tombs, f, at, name)
  if name == '****************' then
    local book = redis.pcall('GET', words)
    redis.call('UNLINK', words, 'fed2:d:' .. (type(book) == 'string' and book or ''))
  end
  return 0
end

-- Those who listen to changes of copies hear of names: once, as of a key that comes and goes in one step.
local function tell(name)
  local key = copies .. name .. '}:v'
  redis.call('SET', key, '')
  redis.call('UNLINK', key)
end

-- A sheaf that leads nowhere, under a name that is in no index, is all there is to it.
local sheaf = copies .. name .. '}'
local bucket, field = bucket_of(prefix, name), field_of(name)
local head = redis.pcall('GETRANGE', sheaf, 0, 23)
if (head == '' or #head == 24 and string.byte(head, 23) == 0) and redis.pcall('HGET', bucket, field) == false then
  redis.call('SET', sheaf .. ':v', '')
  redis.call('UNLINK', sheaf .. ':v', sheaf)
  return head == '' and 0 or string.byte(head, 21)
end

local removed, seen, taken, visited, whole = 0, {}, {}, 0, true
local bound, depth_most = 10000, 3

local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local sub = string.sub
local function text(bytes)
  local out = ''
  for i = 1, 10, 3 do
    local x, y, z = string.byte(bytes, i, i + 2)
    local a, d = (x - x % 4) / 4 + 1, z % 64 + 1
    local b, c = x % 4 * 16 + (y - y % 16) / 16 + 1, y % 16 * 4 + (z - z % 64) / 64 + 1
    out = out .. sub(alphabet, a, a) .. sub(alphabet, b, b) .. sub(alphabet, c, c) .. sub(alphabet, d, d)
  end
  return out
end

-- Remove a sheaf. What it gave: keys, and customers that what was asked by it leads to. That is remembered: who comes
-- upon the sheaf again may go further.
local nothing = {keys = {}, customers = {}}
local function take(tag)
  if taken[tag] then return taken[tag] end
  local key = copies .. tag .. '}'
  taken[tag] = nothing
  visited = visited + 1
  local head = redis.pcall('GETRANGE', key, 0, 23 + 255 * 12)
  redis.call('UNLINK', key)
  if type(head) ~= 'string' or #head < 24 then return nothing end
  local n, customer, given, leads = string.byte(head, 21, 24)
  removed = removed + n
  if given == 0 then return nothing end
  local gave = {keys = {}, customers = {}, of_customer = customer == 1}
  taken[tag] = gave
  for i = 0, given - 1 do
    local name = string.sub(head, 25 + i * 12, 36 + i * 12)
    if #name == 12 then table.insert(i < given - leads and gave.keys or gave.customers, text(name)) end
  end
  return gave
end

-- The sheaves that a name is in, but those of customers unless `all`; false: too many, or nobody knows.
local function members(name, all)
  local bucket, field = bucket_of(prefix, name), field_of(name)
  local value = redis.pcall('HGET', bucket, field)
  if type(value) == 'table' then
    redis.call('UNLINK', bucket)
    return false
  end
  if not value then return {} end
  local found, spilt = members_of(value) or {}, spilt_of(value)
  if #found == 0 and not spilt then return false end
  local out = {}
  local function add(members)
    for _, m in ipairs(members) do
      if all or m[2] >= 2 then out[#out + 1] = {text(m[1]), m[2]} end
    end
  end
  add(found)
  for _, family in ipairs(spilt and (all and {'c', 'w'} or {'w'}) or {}) do
    if spilt[family] == uncounted then
      redis.call('HDEL', bucket, field) -- everything goes, and they are counted anew
      return false
    end
    for i = 0, 2 ^ spilt[family] - 1 do
      local key = chunk_of(prefix, name, family, i)
      local chunk = redis.pcall('GET', key)
      local some = type(chunk) == 'string' and members_of(chunk)
      if chunk and not some or visited + #out > bound then return false end
      add(some or {})
      if all then redis.call('UNLINK', key) end
    end
  end
  if all then redis.call('HDEL', bucket, field) end
  return out
end

-- `all`: also customers' sheaves that were asked by it go, or whose rows name it. A value that a customer's rows give
-- is voided for that customer, whose sheaf is gone, and on the way to customers; those of others stay. `leads`: the
-- customers that what was asked by it leads to go, too: those of a key that is voided, not those who share it.
-- Breadth first: what is come upon again is no nearer than before, and matters only when more is to go with it.
local queue = {}
local function enqueue(name, depth, all, leads)
  local before = seen[name]
  if visited > bound or before and (before.all or not all) and (before.leads or not leads) then return end
  visited = visited + 1
  if not before then
    before = {}
    seen[name] = before
    redis.call('ZADD', tombs, at, name)
    tell(name)
  end
  before.all = before.all or all
  before.leads = before.leads or leads
  queue[#queue + 1] = {name = name, depth = depth, all = all, leads = leads}
end

local function follow(gave, at, asked)
  local further = at.leads and asked and not gave.of_customer
  if at.depth == depth_most or gave.further or (gave.followed and not further) then return end
  gave.followed, gave.further = true, further
  for _, key in ipairs(gave.keys) do enqueue(key, at.depth + 1, false, further) end
  for _, customer in ipairs(further and gave.customers or {}) do enqueue(customer, at.depth + 1, true, false) end
end

local function visit(at)
  follow(take(at.name), at, true)
  local known = seen[at.name]
  local found = known.found or members(at.name, at.all)
  if at.all then known.found = found end
  for _, m in ipairs(found or {}) do
    if visited > bound then break end
    if at.all or m[2] >= 2 then follow(take(m[1]), at, m[2] % 2 == 1) end
  end
  whole = found and visited <= bound
end

enqueue(name, 0, true, true)
local next_one = 1
while whole and queue[next_one] do
  visit(queue[next_one])
  next_one = next_one + 1
end
-- An index may be spoilt; then all copies of the tenant go, rather than one of this name stay.
if not whole then raise(floors, tombs, f, at, '****************') end
return removed
