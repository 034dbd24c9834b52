-- name: check
-- An index may be among the keys that were evicted since everything was voided last, or a fill found it so (enter.lua):
-- then a change may have missed copies, and all of the tenant go. Old tombs are in nobody's way: it is enough that they
-- go sometimes. In no index are names that are nothing but the tag of their sheaf (`bare`): nothing of theirs is missed.
local floors, tombs = unpack(KEYS)
local run, fresh, bare = unpack(ARGV)
local n = redis.call('ZCARD', tombs)
local whole = bare == 'bare' or tonumber(redis.pcall('ZSCORE', tombs, '@evicted') or nil) == evicted()
if whole and n % 16 ~= 0 and n <= 100000 then return 0 end
local now, f, at = tick(floors, tombs, run, fresh)
n = n - redis.call('ZREMRANGEBYSCORE', tombs, '-inf', decimal(now - 600000000))
if whole and n <= 100000 then return 0 end
raise(floors, tombs, f, at, '****************')
return 1
