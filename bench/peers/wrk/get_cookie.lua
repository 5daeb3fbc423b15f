-- GET with the session cookie, for wrk. TARGET is the path ("/api/my-bots" by default).
--
--   COOKIE='session_token=...' TARGET='/api/logs?limit=100' wrk -t2 -c64 -d10s --latency -s get_cookie.lua http://127.0.0.1:5000

wrk.method = "GET"
wrk.path = os.getenv("TARGET") or "/api/my-bots"
wrk.headers["Cookie"] = os.getenv("COOKIE")

function done(summary)
  io.write(string.format("refused %d\n", summary.errors.status))
end
