-- From `at` on what began before is void: a source, a part or everything, with the floors as they are in `f`.
local function raise(floors, tombs, f, at, what)
  local rest = ''
  for i = 17, what == '****************' and 0 or #f, 32 do
    if string.sub(f, i, i + 15) ~= what then rest = rest .. string.sub(f, i, i + 31) end
  end
  if #rest >= 8192 then rest = ''; what = '****************' end
  if what == '****************' then
    redis.call('UNLINK', tombs)
    redis.call('ZADD', tombs, at, '@last', decimal(evicted()), '@evicted')
  end
  redis.call('SET', floors, string.sub(f, 1, 16) .. rest .. what .. at)
end
