-- name: release
local lease = redis.pcall('GET', KEYS[1])
if type(lease) == 'string' and string.sub(lease, 1, #ARGV[1]) == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end
return 0
