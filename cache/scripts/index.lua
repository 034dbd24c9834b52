-- Which sheaves a name is in: a field of a bucket, for at most four members of 16 bytes each: the tag in 12, then its
-- kind in 4 bits (1: the name was asked by, 2: it is no customer's) and the minute in which it ends. Beyond that two
-- zsets of its own, customers' and others', and the field is 'z' and the minute. Two names that begin alike share a
-- field, and are voided together.
local minute_most = 268435455 -- what fits; in 2480
local function bucket_of(prefix, name) return prefix .. 'b:' .. string.sub(name, 1, 3) end
local function field_of(name) return string.sub(name, 4, 9) end
local function zset_of(prefix, name, kind)
  return prefix .. (kind >= 2 and 'w:' or 'c:') .. string.sub(name, 1, 9)
end

-- The members in a field: {tag, kind, minute}; or the minute of the zsets; or nothing: it cannot be read.
local function members_of(value)
  if #value == 5 and string.sub(value, 1, 1) == 'z' then return nil, struct.unpack('>I4', value, 2) end
  if #value == 0 or #value % 16 ~= 0 then return nil end
  local members = {}
  for i = 1, #value, 16 do
    local word = struct.unpack('>I4', value, i + 12)
    members[#members + 1] = {string.sub(value, i, i + 11), math.floor(word / 268435456), word % 268435456}
  end
  return members
end

local function field_text(members)
  local value = ''
  for _, m in ipairs(members) do value = value .. m[1] .. struct.pack('>I4', m[2] * 268435456 + m[3]) end
  return value
end
