-- The version of a sheaf (sheaf.h); '': there is none. What is no sheaf goes: nothing could be kept in its place.
local function version(sheaf)
  local v = redis.pcall('GETRANGE', sheaf, 12, 19)
  if type(v) == 'table' then redis.call('UNLINK', sheaf) end
  return type(v) == 'string' and #v == 8 and v or ''
end
