"""A bot program and its owner, as Python would write them, and clients that misbehave on bare sockets.

Standard library only. The server is $TROUPE_BINARY, or build/release/troupe of this repository.
"""

import http.client
import http.cookiejar
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("TROUPE_BINARY", str(REPOSITORY / "build/release/troupe"))
START_TIMEOUT_S = 20
ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")


class Server:
    """One server process on a temporary data folder and a free port."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="troupe-conformance-")
        self.errors = open(pathlib.Path(self.folder) / "stderr", "w+b")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", f"{self.folder}/data", "--demo", "--listen", "127.0.0.1:0=bot_manager",
             "--metrics", ""],
            stdout=subprocess.PIPE, stderr=self.errors)
        self.port = self._announced_port()

    def _announced_port(self):
        output = b""
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            readable, _, _ = select.select([self.process.stdout], [], [], 0.1)
            if readable:
                chunk = os.read(self.process.stdout.fileno(), 65536)
                output += chunk
                announced = re.search(rb"^listening http://127\.0\.0\.1:(\d+) bot_manager$", output, re.MULTILINE)
                if announced:
                    # What else it says must not fill the pipe.
                    threading.Thread(target=self.process.stdout.read, daemon=True).start()
                    return int(announced[1])
                if not chunk:
                    break
        self.stop()
        raise RuntimeError(f"{BINARY} announced no listener: {output!r}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


class Client:
    """urllib with a cookie jar, speaking JSON; a bot's token goes into every request where there is one."""

    def __init__(self, server, bot_token=None):
        self.base = f"http://127.0.0.1:{server.port}"
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar))
        self.headers = {"X-Bot-Token": bot_token} if bot_token else {}

    def call(self, method, path, body=None):
        """The status and the decoded JSON answer."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=content, method=method, headers=dict(self.headers))
        if content is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def get(self, path):
        return self._good("GET", path)

    def post(self, path, body):
        return self._good("POST", path, body)

    def _good(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        if status != 200:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer


class BotProgram(unittest.TestCase):
    """One bot's life, from the registration of its owner to the exports."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls.owner = Client(cls.server)
        credentials = {"username": "ada", "password": "correct horse battery"}
        cls.owner.post("/api/auth/register", {**credentials, "email": "ada@example.test"})
        cls.user = cls.owner.post("/api/auth/login", credentials)["user"]

    def new_bot(self, name="Python bot"):
        made = self.owner.post("/api/my-bots", {"name": name})
        return made["bot_id"], Client(self.server, made["token"])

    def test_the_session_cookie_is_one_that_a_cookie_jar_understands(self):
        (cookie,) = self.owner.jar
        self.assertEqual(cookie.name, "session_token")
        self.assertEqual(cookie.path, "/")
        self.assertTrue(cookie.has_nonstandard_attr("HttpOnly"))
        self.assertAlmostEqual(cookie.expires, time.time() + 7 * 24 * 3600, delta=120)

    def test_a_bot_works_through_its_commands(self):
        bot_id, bot = self.new_bot()
        bot.post(f"/api/bot/{bot_id}/status", {"status": "online"})
        for number in range(3):
            sent = self.owner.post(f"/api/bot/{bot_id}/send-command", {"type": "square", "payload": {"n": number}})
            self.assertEqual(sent["command"]["status"], "pending")

        results = {}
        while len(results) < 3:
            commands = bot.get(f"/api/bot/{bot_id}/commands?limit=2&wait=5")["commands"]
            self.assertGreater(len(commands), 0)
            for command in commands:
                self.assertNotIn(command["id"], results, "a command is handed out once")
                square = command["payload"]["n"] ** 2
                answer = bot.post(f"/api/commands/{command['id']}/ack", {"status": "completed", "result": {"square": square}})
                results[command["id"]] = answer["command"]["result"]["square"]
        self.assertEqual(list(results.values()), [0, 1, 4])

        history = self.owner.get(f"/api/bot/{bot_id}/commands-history")["commands"]
        self.assertEqual([(entry["id"], entry["result"]["square"]) for entry in history], list(results.items()))
        self.assertTrue(all(ISO.match(entry["completed_at"]) for entry in history))
        info = self.owner.get(f"/api/bot/{bot_id}/info")
        self.assertTrue(info["online"])
        self.assertEqual(info["stats"], {
            "total_commands": 3, "pending_commands": 0, "completed_commands": 3, "failed_commands": 0})

    def test_a_waiting_poll_is_answered_when_the_command_comes(self):
        bot_id, bot = self.new_bot()
        answers = []
        poll = threading.Thread(target=lambda: answers.append(bot.get(f"/api/bot/{bot_id}/commands?wait=20")))
        started = time.monotonic()
        poll.start()
        time.sleep(0.3)
        command = self.owner.post(f"/api/bot/{bot_id}/restart", {})["command"]
        poll.join(timeout=10)
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual([entry["id"] for entry in answers[0]["commands"]], [command["id"]])

    def test_what_a_bot_reports_is_counted_and_exported(self):
        bot_id, bot = self.new_bot("Reporter")
        self.assertEqual(bot.post(f"/api/bot/{bot_id}/logs", {"type": "info", "message": "started"})["received"], 1)
        batch = [{"type": "error", "message": f"trouble {number}", "metadata": {"n": number}} for number in range(20)]
        self.assertEqual(bot.post(f"/api/bot/{bot_id}/logs", batch)["received"], 20)
        message = {"message": "Grüße 😀", "author_id": "7", "author_name": "Ada", "thread_id": "t", "thread_type": "GROUP"}
        self.assertEqual(bot.post(f"/api/bot/{bot_id}/messages", message), {"status": "ok"})
        synced = {"groups": [{"id": "g", "name": "Group"}], "friends": ["f"], "metadata": {"version": 2}}
        self.assertEqual(bot.post(f"/api/bot/{bot_id}/sync", synced), {"status": "ok"})
        self.assertEqual(bot.get(f"/api/bot/{bot_id}/data")["data"], synced)

        stats = self.owner.get(f"/api/stats/bot/{bot_id}")
        self.assertEqual(stats["total_messages"], 1)
        self.assertGreaterEqual(stats["total_logs"], 22)

        logs = self.owner.get(f"/api/export/logs?bot_id={bot_id}")["logs"]
        reported = [(entry["type"], entry["message"]) for entry in logs if entry["type"] in ("info", "error")]
        self.assertEqual(reported[-21:], [("info", "started")] + [("error", f"trouble {number}") for number in range(20)])
        (exported,) = self.owner.get(f"/api/export/messages?bot_id={bot_id}")["messages"]
        self.assertRegex(exported.pop("timestamp"), ISO)
        self.assertEqual(exported, {**message, "bot_id": bot_id, "metadata": {}})
        everything = self.owner.get(f"/api/export/bot-data/{bot_id}")
        self.assertEqual(everything["data"], synced)
        self.assertEqual(len(everything["messages"]), 1)

    def test_many_bots_report_at_once_and_nothing_is_lost(self):
        bot_id, _ = self.new_bot()
        token = self.owner.get(f"/api/my-bots/{bot_id}/token")["token"]

        def report(worker):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            for number in range(25):
                connection.request("POST", f"/api/bot/{bot_id}/logs", json.dumps({"message": f"{worker}/{number}"}),
                                   {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    accepted.append(f"{worker}/{number}")
            connection.close()

        accepted = []
        workers = [threading.Thread(target=report, args=(worker,)) for worker in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(len(accepted), 16 * 25)
        logs = self.owner.get(f"/api/export/logs?bot_id={bot_id}")["logs"]
        stored = [entry["message"] for entry in logs if re.fullmatch(r"\d+/\d+", entry["message"])]
        self.assertEqual(sorted(stored), sorted(accepted))
        for worker in range(16):
            mine = [text for text in stored if text.startswith(f"{worker}/")]
            self.assertEqual(mine, [f"{worker}/{number}" for number in range(25)], "one connection's order is kept")

    def test_a_bot_without_its_token_is_refused(self):
        bot_id, _ = self.new_bot()
        for client, text in ((Client(self.server), None), (Client(self.server, "A" * 43), "Invalid bot token")):
            status, answer = client.call("POST", f"/api/bot/{bot_id}/logs", {"message": "let me in"})
            self.assertEqual(status, 401)
            if text:
                self.assertEqual(answer["error"], text)


class Misbehaviour(unittest.TestCase):
    """Clients that are slow, stop half-way or hang up. The server must go on serving the others, at once."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        self.addCleanup(connection.close)
        return connection

    def tearDown(self):
        started = time.monotonic()
        self.assertEqual(Client(self.server).get("/api/health")["status"], "ok")
        self.assertLess(time.monotonic() - started, 2)

    def first_line(self, connection):
        return connection.makefile("rb").readline()

    def test_a_request_in_single_bytes_is_answered(self):
        connection = self.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n":
            connection.send(bytes([byte]))
            time.sleep(0.005)
        self.assertIn(b" 200 ", self.first_line(connection))

    def test_half_a_head_and_then_silence_harms_nobody(self):
        for _ in range(200):
            self.connect().send(b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Le")
        started = time.monotonic()
        for _ in range(20):
            Client(self.server).get("/api/health")
        self.assertLess(time.monotonic() - started, 3)

    def test_half_a_body_and_then_the_end_is_not_taken_for_a_request(self):
        connection = self.connect()
        body = b'{"username":"half","email":"half@example.test","password":"correct horse"}'
        connection.send(b"POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
        connection.shutdown(socket.SHUT_WR)
        self.assertNotIn(b" 200 ", self.first_line(connection))
        status, _ = Client(self.server).call("POST", "/api/auth/login", {"username": "half", "password": "correct horse"})
        self.assertEqual(status, 401)

    def test_connections_that_hang_up_at_once_harm_nobody(self):
        for _ in range(300):
            connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a farewell
            connection.close()

    def test_two_requests_in_one_packet_get_two_answers_in_order(self):
        connection = self.connect()
        connection.send(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
                        b"GET /api/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d{3}) ", received), [b"200", b"404"])

    def test_a_client_that_reads_nothing_holds_nobody_up(self):
        connection = self.connect()
        connection.setblocking(False)
        request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
        try:
            for _ in range(2000):
                connection.send(request)
        except BlockingIOError:
            pass  # the server stopped reading from a client that does not read: just what it should do
        except (BrokenPipeError, ConnectionResetError):
            pass  # or it hung up
        started = time.monotonic()
        for _ in range(20):
            Client(self.server).get("/api/health")
        self.assertLess(time.monotonic() - started, 3)

    def test_expect_100_continue_is_honoured_or_refused_but_not_ignored(self):
        connection = self.connect()
        body = b"{}"
        connection.send(b"POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        select.select([connection], [], [], 1.0)  # until it says to continue, or a second
        connection.send(body)
        lines = [line for line in connection.makefile("rb") if line.startswith(b"HTTP/1.1 ")]
        codes = [int(line.split()[1]) for line in lines]
        self.assertIn(codes[-1], (200, 417))

    @unittest.skipUnless(os.environ.get("TROUPE_SLOW_TESTS"), "takes half a minute; TROUPE_SLOW_TESTS=1 runs it")
    def test_a_client_that_never_ends_its_request_is_cut_off_slow(self):
        connection = self.connect()
        connection.send(b"GET /api/health HTTP/1.1\r\nHost: x\r\n")
        started = time.monotonic()
        try:
            while time.monotonic() - started < 40:
                connection.send(b"X-Drip: 1\r\n")
                readable, _, _ = select.select([connection], [], [], 1.0)
                if readable and connection.recv(65536) == b"":
                    break
            else:
                self.fail("still open after 40 s")
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertLess(time.monotonic() - started, 30)


class Life(unittest.TestCase):
    def test_sigterm_ends_the_server_with_code_zero(self):
        server = Server()
        Client(server).get("/api/health")
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
