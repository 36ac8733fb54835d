-- KEYS: rows, index. ARGV: key, expected version.
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row or string.match(row, '^%d+') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
