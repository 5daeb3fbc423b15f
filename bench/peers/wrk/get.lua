-- GET with a login, for wrk: its cookie (COOKIE) or its access token (TOKEN). TARGET is the path.
--
--   COOKIE='session_token=...' TARGET='/api/logs?limit=100' wrk -t2 -c64 -d10s --latency -s get.lua http://127.0.0.1:5000

wrk.method = "GET"
wrk.path = os.getenv("TARGET") or "/api/my-bots"
wrk.headers["Cookie"] = os.getenv("COOKIE")
local token = os.getenv("TOKEN")
if token then wrk.headers["Authorization"] = "Bearer " .. token end

function done(summary)
  io.write(string.format("refused %d\n", summary.errors.status))
end
