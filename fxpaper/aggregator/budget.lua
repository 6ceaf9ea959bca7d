-- One plan's budget: calls counted in calendar minutes and UTC days, and a ban.
--
-- KEYS[1]  hash: minute, minute_used, day, day_used, ban (ms since 1970)
-- ARGV     1 operation: take, refund, settle_minute, settle_day, ban, usage
--          2 its number: a cost, calls counted by the provider, or an instant in ms
--          3 the present in ms; empty for this server's clock
--          4 calls allowed in a minute, 5 in a day; 0 for no limit
-- Answers  {1 or 0, earliest instant to try again, used in this minute, used today, what limits, ban}
local key, operation, number = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now = tonumber(ARGV[3])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- A stored window just ahead of the clock still counts: the clock was set back a little.
local function window(name, length, limit)
  local number_now = math.floor(now / length)
  local stored = tonumber(redis.call('HGET', key, name) or -1)
  local used = 0
  if stored == number_now or stored == number_now + 1 then
    number_now = stored
    used = tonumber(redis.call('HGET', key, name .. '_used') or 0)
  end
  return {name = name, number = number_now, used = used, limit = limit,
          ends = (number_now + 1) * length}
end

local windows = {window('minute', 60000, tonumber(ARGV[4])), window('day', 86400000, tonumber(ARGV[5]))}
local ban = tonumber(redis.call('HGET', key, 'ban') or 0)
local allowed, earliest, limiting = 1, now, ''

local function refuse(instant, why)
  allowed = 0
  if instant > earliest then earliest, limiting = instant, why end
end

if operation == 'take' then
  if ban > now then refuse(ban, 'ban') end
  for _, each in ipairs(windows) do
    if each.limit > 0 and each.used + number > each.limit then refuse(each.ends, each.name) end
  end
  if allowed == 1 then
    for _, each in ipairs(windows) do each.used = each.used + number end
  end
elseif operation == 'refund' then
  for _, each in ipairs(windows) do each.used = math.max(0, each.used - number) end
elseif operation == 'settle_minute' then
  windows[1].used = math.max(windows[1].used, number)
elseif operation == 'settle_day' then
  windows[2].used = math.max(windows[2].used, number)
elseif operation == 'ban' then
  ban = math.max(ban, number)
end

if operation ~= 'usage' then
  for _, each in ipairs(windows) do
    redis.call('HSET', key, each.name, string.format('%.0f', each.number),
               each.name .. '_used', string.format('%.0f', each.used))
  end
  redis.call('HSET', key, 'ban', string.format('%.0f', ban))
  redis.call('PEXPIRE', key, 172800000)
end
return {allowed, string.format('%.0f', earliest), windows[1].used, windows[2].used, limiting,
        string.format('%.0f', ban)}
