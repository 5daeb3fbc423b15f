-- POST of log entries by a bot, for wrk. ENTRIES entries a request (1 by default) of about 120 bytes each.
--
--   BOT_ID=abcdef BOT_TOKEN=... ENTRIES=100 wrk -t2 -c64 -d10s --latency -s post_logs.lua http://127.0.0.1:5000

local entries = tonumber(os.getenv("ENTRIES") or "1")
local entry = '{"type":"info","message":"a log line of the usual length, seventy characters, give or take a few",'
  .. '"metadata":{"n":1}}'

wrk.method = "POST"
wrk.path = "/api/bot/" .. (os.getenv("BOT_ID") or "abcdef") .. "/logs"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Bot-Token"] = os.getenv("BOT_TOKEN") or string.rep("A", 43)
wrk.body = entries == 1 and entry or "[" .. string.rep(entry .. ",", entries - 1) .. entry .. "]"

function done(summary, latency)
  local requests = summary.requests - summary.errors.status
  io.write(string.format("entries_per_second %.0f\n", requests * entries * 1e6 / summary.duration))
  io.write(string.format("refused %d\n", summary.errors.status))
end
