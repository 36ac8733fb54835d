-- KEYS: rows, index, version. ARGV: key, body, expected version ('0' means that there is no row).
local row = redis.call('HGET', KEYS[1], ARGV[1])
local current = row and string.match(row, '^%d+') or '0'
if current ~= ARGV[3] then return false end
-- The time in microseconds, or one more than the last version, whichever is greater: a counter
-- that was lost in a failover still gives no number again.
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[3]) or '0')
local version = string.format('%.0f', math.max(last + 1, now[1] * 1000000 + now[2]))
redis.call('SET', KEYS[3], version)
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], version .. ' ' .. ARGV[2])
return version
