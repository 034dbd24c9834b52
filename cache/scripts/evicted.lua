-- name: evicted
-- An index may be among the keys that were evicted since everything was voided last, or a fill found it so (enter.lua):
-- then a change may have missed copies, and all of the tenant go.
local floors, tombs = unpack(KEYS)
local run, fresh = unpack(ARGV)
if tonumber(redis.pcall('ZSCORE', tombs, '@evicted') or nil) == evicted() then return 0 end
local _, f, at = tick(floors, tombs, run, fresh)
raise(floors, tombs, f, at, '****************')
return 1
