-- Which sheaves a name is in: a field of a bucket, for at most four members of 16 bytes each: the tag in 12, then its
-- kind in 4 bits (1: the name was asked by, 2: it is no customer's) and the minute in which it ends. Beyond that chunks
-- of such members, customers' and others', by the low bits of their tags, and the field is 'z', the last minute and how
-- many bits each of the two goes by. Two names that begin alike share a field, and are voided together.
local minute_most = 268435455 -- what fits; in 2480
local uncounted = 255 -- instead of bits: they were too many to be kept
local function bucket_of(prefix, name) return prefix .. 'b:' .. string.sub(name, 1, 3) end
local function field_of(name) return string.sub(name, 4, 9) end
local function family_of(kind) return kind >= 2 and 'w' or 'c' end
local function chunk_of(prefix, name, family, i)
  return prefix .. family .. ':' .. string.sub(name, 1, 9) .. '.' .. i
end

-- Those of a field or a chunk: {tag, kind, minute}; or nothing: it cannot be read.
local function members_of(value)
  if #value == 0 or #value % 16 ~= 0 then return nil end
  local members = {}
  for i = 1, #value, 16 do
    local word = struct.unpack('>I4', value, i + 12)
    members[#members + 1] = {string.sub(value, i, i + 11), math.floor(word / 268435456), word % 268435456}
  end
  return members
end

-- What a field says of its chunks, or nothing: it has none.
local function spilt_of(value)
  if #value ~= 7 or string.sub(value, 1, 1) ~= 'z' then return nil end
  local minute, c, w = struct.unpack('>I4BB', value, 2)
  return {minute = minute, c = c, w = w}
end

local function text_of(members)
  local texts = {}
  for i, m in ipairs(members) do texts[i] = m[1] .. struct.pack('>I4', m[2] * 268435456 + m[3]) end
  return table.concat(texts)
end
