-- The began of the copy that is there, in this era; 0: none.
local function began_of(copy, era)
  local head = redis.call('GETRANGE', copy, 0, 35)
  if string.sub(head, 5, 20) ~= era then return 0 end
  return tonumber(string.sub(head, 21, 36)) or 0
end
