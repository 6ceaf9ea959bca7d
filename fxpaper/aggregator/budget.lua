-- One plan's budget: calls counted in calendar windows, their spacing, and a ban.
--
-- KEYS[1]  hash: for each window NAME and NAME_used; last (ms of the latest call), ban (ms)
-- ARGV     1 operation: take, refund, settle, ban, usage
--          2 its number: a cost, calls counted by the provider, or an instant in ms
--          3 the window that settle is about; empty otherwise
--          4 the present in ms; empty for this server's clock
--          5 ms between two calls; 0 for no spacing
--          then four for each window: its name, its length and its offset from UTC in ms, and the
--          calls allowed in it; 0 for no limit
-- Answers  {1 or 0, earliest instant to try again, what limits, ban, used in each window ...}
local key, operation, number = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now, spacing = tonumber(ARGV[4]), tonumber(ARGV[5])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- A stored window just ahead of the clock still counts: the clock was set back a little.
local function window(name, length, offset, limit)
  local number_now = math.floor((now + offset) / length)
  local stored = tonumber(redis.call('HGET', key, name) or -1)
  local used = 0
  if stored == number_now or stored == number_now + 1 then
    number_now = stored
    used = tonumber(redis.call('HGET', key, name .. '_used') or 0)
  end
  return {name = name, number = number_now, used = used, limit = limit,
          ends = (number_now + 1) * length - offset}
end

local windows = {}
for at = 6, #ARGV, 4 do
  windows[#windows + 1] = window(ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]),
                                 tonumber(ARGV[at + 3]))
end
local ban = tonumber(redis.call('HGET', key, 'ban') or 0)
local last = tonumber(redis.call('HGET', key, 'last') or 0)
local allowed, earliest, limiting = 1, now, ''

local function refuse(instant, why)
  allowed = 0
  if instant > earliest then earliest, limiting = instant, why end
end

if operation == 'take' then
  if ban > now then refuse(ban, 'ban') end
  if spacing > 0 and last <= now and last + spacing > now then refuse(last + spacing, 'spacing') end
  for _, each in ipairs(windows) do
    if each.limit > 0 and each.used + number > each.limit then refuse(each.ends, each.name) end
  end
  if allowed == 1 then
    last = now
    for _, each in ipairs(windows) do each.used = each.used + number end
  end
elseif operation == 'refund' then
  for _, each in ipairs(windows) do each.used = math.max(0, each.used - number) end
elseif operation == 'settle' then
  for _, each in ipairs(windows) do
    if each.name == ARGV[3] then each.used = math.max(each.used, number) end
  end
elseif operation == 'ban' then
  ban = math.max(ban, number)
end

if operation ~= 'usage' then
  for _, each in ipairs(windows) do
    redis.call('HSET', key, each.name, string.format('%.0f', each.number),
               each.name .. '_used', string.format('%.0f', each.used))
  end
  redis.call('HSET', key, 'ban', string.format('%.0f', ban), 'last', string.format('%.0f', last))
  redis.call('PEXPIRE', key, 172800000)
end
local answer = {allowed, string.format('%.0f', earliest), limiting, string.format('%.0f', ban)}
for _, each in ipairs(windows) do answer[#answer + 1] = each.used end
return answer
