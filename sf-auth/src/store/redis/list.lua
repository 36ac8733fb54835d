-- KEYS: rows, index. ARGV: lower bound ('-' or '(key'), limit. Returns key, row, key, row, ...
local answer = {}
for _, key in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  answer[#answer + 1] = key
  answer[#answer + 1] = redis.call('HGET', KEYS[1], key) or ''
end
return answer
