-- The version of a sheaf (sheaf.h); '': there is none.
local function version(sheaf)
  local v = redis.call('GETRANGE', sheaf, 12, 19)
  return #v == 8 and v or ''
end
