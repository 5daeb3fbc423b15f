"""The command line, as an administrator meets it: settings, accounts, refusals, TLS.

Standard library and the openssl program only. The server is $TROUPE_BINARY, or build/release/troupe of this repository.
"""

import csv
import io
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("TROUPE_BINARY", str(REPOSITORY / "build/release/troupe"))
TIMEOUT_S = 20
ANY_PORT = "127.0.0.1:0=bot_manager"


def clean_environment(extra):
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("TROUPE_", "OPENAI_"))}
    return {**ours, **extra}


def troupe(*arguments, **environment):
    """Runs one command to its end."""
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT_S,
                          env=clean_environment(environment))


class Server:
    """`troupe serve` with these arguments, until the end of the `with`."""

    def __init__(self, *arguments, **environment):
        self.errors = tempfile.TemporaryFile("w+")
        self.output = ""
        self.process = subprocess.Popen([BINARY, "serve", *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=self.errors, env=clean_environment(environment))

    def __enter__(self):
        try:
            self.url, surface = self.said(r"listening (\S+) (\S+)\n").groups()
            assert surface == "bot_manager"
        except BaseException:
            self.__exit__()
            raise
        return self

    def said(self, pattern):
        """Waits until standard output has it."""
        end = time.monotonic() + TIMEOUT_S
        while not (match := re.search(pattern, self.output)):
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {pattern!r} in {self.output!r}")
            chunk = os.read(self.process.stdout.fileno(), 65536).decode()
            if not chunk:
                raise AssertionError(f"ended after {self.output!r} and {self.error_text()!r}")
            self.output += chunk
        return match

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read()

    def call(self, path, body=None, headers={}, context=None):
        """(status, headers, body) of a GET, or of a POST of JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **headers})
        handlers = [urllib.request.ProxyHandler({})]
        if context:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        try:
            answer = urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    def log_in(self, username, password):
        status, headers, _ = self.call("/api/auth/login", {"username": username, "password": password})
        return headers["Set-Cookie"].split(";")[0] if status == 200 else None

    def stop(self):
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        self.output += self.process.stdout.read().decode()
        return self.process.wait(TIMEOUT_S)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-command-line-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def serve(self, *arguments, **environment):
        return Server("--data", self.data, "--listen", ANY_PORT, "--metrics", "", *arguments, **environment)

    def assert_refused(self, result, *sentence):
        self.assertNotEqual(result.returncode, 0)
        self.assertGreater(result.returncode, 0, "ended by a signal")
        for words in sentence:
            self.assertIn(str(words), result.stderr)


class Help(CommandLineTest):
    def test_version_is_one_line(self):
        result = troupe("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"\A\d+\.\d+\.\d+\n\Z")

    def test_help_of_serve_names_every_setting_and_its_variable(self):
        result = troupe("serve", "--help")
        self.assertEqual(result.returncode, 0)
        for setting in ["data", "listen", "metrics", "tls-certificate", "tls-key", "admin-password-file",
                         "allow-origin", "clamd", "clamd-retry", "platform-retry", "smtp", "smtp-user", "smtp-password", "mail-from", "reset-link", "docs",
                         "max-body-bytes", "max-connections", "max-chat-sessions", "max-backups", "chat-token-lifetime",
                         "maintenance", "command-lease", "heartbeat-window", "passivate-after", "model-timeout",
                         "model-silence", "model-retry", "providers", "allow-local-providers", "grace",
                         "no-rate-limit", "log-requests"]:
            self.assertRegex(result.stdout, rf"(?m)^  --{setting} .*Env:TROUPE_{setting.upper().replace('-', '_')}\b")
        self.assertRegex(result.stdout, r"(?m)^  --demo ")
        self.assertRegex(result.stdout, r"(?m)^  --config ")

    def test_no_command_is_a_mistake(self):
        self.assert_refused(troupe(), "subcommand")


class Settings(CommandLineTest):
    def settings(self, **more):
        values = {"data": str(self.data), "listen": [ANY_PORT], "metrics": "", **more}
        lines = (f"{name.replace('_', '-')} = {json.dumps(value)}" for name, value in values.items())
        return self.file("troupe.toml", "[serve]\n" + "\n".join(lines) + "\n")

    def test_a_file_gives_the_settings(self):
        with Server("--config", self.settings(log_requests=True)) as server:
            server.call("/api/my-bots")
            self.assertTrue(self.data.is_dir())
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("metrics", server.output)
            self.assertIn("/api/my-bots", server.output)

    def test_a_flag_beats_the_environment_which_beats_the_file(self):
        by_environment, by_flag = self.folder / "environment", self.folder / "flag"
        with Server("--config", self.settings(), TROUPE_DATA=str(by_environment)):
            self.assertTrue(by_environment.is_dir())
            self.assertFalse(self.data.exists())
        unused = self.folder / "unused"
        with Server("--config", self.settings(), "--data", by_flag, TROUPE_DATA=str(unused)):
            self.assertTrue(by_flag.is_dir())
            self.assertFalse(unused.exists())

    def test_the_environment_alone_is_enough(self):
        with Server(TROUPE_DATA=str(self.data), TROUPE_LISTEN=f"{ANY_PORT} 127.0.0.2:0=bot_manager",
                    TROUPE_METRICS="127.0.0.1:0", TROUPE_ADMIN_PASSWORD="from the environment") as server:
            server.said(r"listening http://127\.0\.0\.2:\d+ bot_manager\n")
            server.said(r"metrics http://127\.0\.0\.1:\d+/metrics\n")
            self.assertIsNotNone(server.log_in("admin", "from the environment"))
            self.assertFalse((self.data / "initial-admin-password").exists())
            server.stop()
            self.assertNotIn("from the environment", server.output + server.error_text())

    def test_a_file_with_a_mistake_is_refused_with_a_sentence_before_anything_is_made(self):
        for text, sentence in [('[serve]\nlissten = ["x"]\n', "serve.lissten"), ('data = "x"\n', "'data'"),
                               ('[server]\ndata = "x"\n', "server.data"), ("[serve\ndata = 1\n", "[serve"),
                               ("[serve]\nhelp = true\n", "serve.help"),
                               ('[serve]\ngrace = "soon"\n', "'soon' is not a number of seconds")]:
            with self.subTest(text):
                self.assert_refused(troupe("serve", "--config", self.file("bad.toml", text), "--data", self.data),
                                    sentence)
        self.assert_refused(troupe("serve", "--config", self.folder / "none.toml", "--data", self.data), "none.toml")
        self.assertFalse(self.data.exists())

    def test_a_bad_value_is_refused_with_a_sentence_before_anything_is_made(self):
        for arguments, sentence in [
                (["--listen", "nonsense"], "'nonsense' is not HOST:PORT=SURFACE"),
                (["--listen", "127.0.0.1:99999=bot_manager"], "is not HOST:PORT"), (["--grace", "-1"], "--grace"),
                (["--grace", "1e300"], "--grace"), (["--max-connections", "many"], "--max-connections"),
                (["--max-connections", "-1"], "--max-connections"), (["--max-body-bytes", "0"], "--max-body-bytes"),
                (["--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere.pem"], "/nowhere.pem"),
                (["--tls-certificate", BINARY], "--tls-key"), (["--tls-key", BINARY], "--tls-certificate"),
                (["--colour", "red"], "--colour")]:
            with self.subTest(arguments):
                self.assert_refused(troupe("serve", "--data", self.data, *arguments), sentence)
        self.assert_refused(troupe("serve", "--data", self.data, TROUPE_GRACE="soon"), "soon")
        self.assertFalse(self.data.exists())


class FirstStart(CommandLineTest):
    def test_prints_the_first_password_once_and_keeps_it_for_the_owner_alone(self):
        kept = self.data / "initial-admin-password"
        with self.serve() as server:
            password = kept.read_text().strip()
            self.assertGreaterEqual(len(password), 20)
            self.assertEqual(server.output.count(password), 1)
            self.assertIsNotNone(server.log_in("admin", password))
            self.assertIsNone(server.log_in("admin", password + "x"))
            self.assertEqual(server.stop(), 0)
            self.assertNotIn(password, server.error_text())
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        with self.serve() as server:
            self.assertNotIn("password", server.output)

    def test_no_other_user_can_read_the_data_folder(self):
        with self.serve("--demo"):
            for path in [self.data, *self.data.rglob("*")]:
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_takes_the_first_password_from_a_file(self):
        with self.serve("--admin-password-file", self.file("password", "first line of it\nsecond\n")) as server:
            self.assertIsNotNone(server.log_in("admin", "first line of it"))
        self.assertFalse((self.data / "initial-admin-password").exists())

    def test_the_demo_refuses_to_listen_beyond_this_machine(self):
        result = troupe("serve", "--demo", "--data", self.data, "--listen", "0.0.0.0:0=bot_manager")
        self.assert_refused(result, "loopback only")

    def test_a_folder_made_by_the_demo_stays_on_this_machine_until_its_mark_is_removed(self):
        with self.serve("--demo") as server:
            server.stop()
        arguments = ["--data", self.data, "--metrics", ""]
        with Server("--listen", ANY_PORT, *arguments) as server:
            server.stop()
        self.assert_refused(troupe("serve", "--listen", "0.0.0.0:0=bot_manager", *arguments), "well known",
                            self.data / "demo")

    def test_no_secret_is_logged(self):
        with self.serve("--demo", "--log-requests") as server:
            cookie = server.log_in("nekobot", "nekobot")
            bot = json.loads(server.call("/api/my-bots", {"name": "quiet"}, {"Cookie": cookie})[2])
            server.call(f"/api/bot/{bot['bot_id']}/commands", headers={"X-Bot-Token": bot["token"]})
            server.call(f"/api/bot/{bot['bot_id']}/commands?token={bot['token']}")
            server.log_in("nekobot", "a wrong password")
            server.call("/api/auth/forgot-password", {"email": "nekobot@example.org"})
            self.assertEqual(server.stop(), 0)
            logged = server.output + server.error_text()
        self.assertIn("/api/my-bots", logged)
        for secret in [cookie.split("=", 1)[1], bot["token"], "a wrong password"]:
            self.assertNotIn(secret, logged)


class Refusals(CommandLineTest):
    def test_a_second_server_on_the_same_data_is_told_who_holds_it(self):
        with self.serve() as server:
            arguments = ["--listen", ANY_PORT, "--metrics", ""]
            self.assert_refused(troupe("serve", "--data", self.data, *arguments), self.data, server.process.pid)
            self.assert_refused(troupe("user", "list", "--data", self.data), self.data, server.process.pid)
            self.assert_refused(troupe("rebuild", "--data", self.data), self.data, server.process.pid)
            self.assertEqual(server.call("/healthz")[0], 200)

    def test_a_port_in_use_is_named(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}"
            result = troupe("serve", "--data", self.data, "--listen", f"{address}=bot_manager", "--metrics", "")
        self.assert_refused(result, address, "in use")

    def test_a_surface_that_is_not_there_is_named(self):
        result = troupe("serve", "--data", self.data, "--listen", "127.0.0.1:0=juggling", "--metrics", "")
        self.assert_refused(result, "'juggling'")

    def test_a_data_folder_that_cannot_be_made_is_named(self):
        self.assert_refused(troupe("serve", "--data", "/proc/nowhere", "--listen", ANY_PORT), "/proc/nowhere")

    def test_commands_on_accounts_make_no_data_folder(self):
        for command in (["user", "list"], ["rebuild"], ["user", "promote", "ada"]):
            self.assert_refused(troupe(*command, "--data", self.data), "no data folder", self.data)
        self.assertFalse(self.data.exists())


class Accounts(CommandLineTest):
    def setUp(self):
        super().setUp()
        with self.serve(TROUPE_ADMIN_PASSWORD="administrator") as server:
            server.stop()

    def user(self, command, *arguments, **environment):
        return troupe("user", command, "--data", self.data, *arguments, **environment)

    def rows(self):
        result = self.user("list")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [tuple(line.split("\t")) for line in result.stdout.splitlines()]

    def test_adds_lists_promotes_and_resets(self):
        self.assertEqual(self.user("add", "ada", "ada@example.org", TROUPE_PASSWORD="correct horse").returncode, 0)
        self.assertEqual(self.rows()[1], ("2", "ada", "ada@example.org", "user"))
        self.assertEqual(self.user("promote", "ada", "--role", "moderator").returncode, 0)
        self.assertEqual(self.rows()[1][3], "moderator")
        self.assertEqual(self.user("promote", "ada@example.org").returncode, 0)
        self.assertEqual(self.rows()[1][3], "admin")
        with self.serve() as server:
            cookie = server.log_in("ada", "correct horse")
            self.assertEqual(server.call("/api/auth/me", headers={"Cookie": cookie})[0], 200)
            server.stop()
        self.assertEqual(self.user("reset-password", "ada", "--password", "battery staple").returncode, 0)
        with self.serve() as server:
            self.assertIsNone(server.log_in("ada", "correct horse"))
            self.assertIsNotNone(server.log_in("ada", "battery staple"))
            self.assertEqual(server.call("/api/auth/me", headers={"Cookie": cookie})[0], 401)

    def test_rebuilding_keeps_what_the_log_says(self):
        before = self.rows()
        self.assertEqual(troupe("rebuild", "--data", self.data).returncode, 0)
        self.assertEqual(self.rows(), before)

    def test_mistakes_are_refused_with_a_sentence(self):
        good = ["ada", "ada@example.org", "--password", "correct horse"]
        self.assert_refused(self.user("add", "ada", "ada@example.org"), "--password")
        self.assert_refused(self.user("add", "ada", "ada@example.org", "--password", "short"), "at least 8")
        self.assert_refused(self.user("add", "admin", *good[1:]), "taken")
        self.assert_refused(self.user("add", "ada", "no address", *good[2:]), "e-mail")
        self.assert_refused(self.user("add", *good, "--role", "king"), "king")
        self.assert_refused(self.user("promote", "ghost"), "no account 'ghost'")
        self.assert_refused(self.user("reset-password", "ghost", "--password", "correct horse"), "no account 'ghost'")
        self.assertEqual(len(self.rows()), 1)


class Catalogue(CommandLineTest):
    def setUp(self):
        super().setUp()
        with self.serve(TROUPE_ADMIN_PASSWORD="administrator") as server:
            server.stop()

    def run_on_data(self, *arguments, **environment):
        return troupe(*arguments, "--data", self.data, **environment)

    def rows(self, kind):
        result = self.run_on_data(kind, "list")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [line.split("\t") for line in result.stdout.splitlines()]

    def test_providers_are_added_listed_and_removed_without_telling_a_key(self):
        added = self.run_on_data("provider", "add", "main", "https://models.example/v1", "--model", "m",
                                 TROUPE_PROVIDER_KEY="sk-one,sk-two")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertEqual(self.rows("provider"),
                         [["main", "openai", "https://models.example/v1", "m", "2 keys", "enabled"]])
        self.assertNotIn("sk-", added.stdout + self.run_on_data("provider", "list").stdout)
        self.assert_refused(self.run_on_data("provider", "add", "main", "https://other.example"), "taken")
        self.assert_refused(self.run_on_data("provider", "add", "x", "ftp://models.example"), "base_url")
        self.assertEqual(self.run_on_data("provider", "remove", "main").returncode, 0)
        self.assertEqual(self.rows("provider"), [])
        self.assert_refused(self.run_on_data("provider", "remove", "main"), "no provider 'main'")

    def test_platforms_are_added_listed_and_removed_without_telling_a_secret(self):
        added = self.run_on_data("platform", "add", "tg", "telegram", "--set", "telegram_token=env:A_TOKEN", A_TOKEN="1:abc")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertEqual(self.rows("platform"), [[added.stdout.strip(), "tg", "telegram", "enabled"]])
        events = self.run_on_data("export", "events").stdout
        self.assertIn("PlatformAdded", events)
        self.assertNotIn("1:abc", events)
        for arguments, word in [(["tg", "telegram", "--set", "token=2:def"], "taken"), (["x", "icq"], "aiocqhttp, telegram"),
                                (["x", "telegram"], "telegram_token"), (["x", "telegram", "--set", "token"], "NAME=VALUE"),
                                (["x", "telegram", "--set", "token=env:NOWHERE"], "NOWHERE"),
                                (["x", "webhook", "--set", "secret=short"], "at least 16"),
                                (["x", "aiocqhttp", "--set", "ws_host=0.0.0.0"], "access_token"),
                                (["x", "aiocqhttp", "--set", "colour=red"], "colour")]:
            self.assert_refused(self.run_on_data("platform", "add", *arguments), word)
        self.assertEqual(self.run_on_data("platform", "remove", "tg").returncode, 0)
        self.assertEqual(self.rows("platform"), [])
        self.assert_refused(self.run_on_data("platform", "remove", "tg"), "no platform 'tg'")

    def test_personalities_are_added_listed_and_removed(self):
        for name, more in [("first", ["--default"]), ("second", ["--temperature", "0.5", "--default"])]:
            self.assertEqual(self.run_on_data("personality", "add", name, "Be brief.", *more).returncode, 0)
        self.assertEqual(self.rows("personality"), [["first", "", "", ""], ["second", "", "", "default"]])
        self.assert_refused(self.run_on_data("personality", "add", "first", "Again."), "taken")
        self.assert_refused(self.run_on_data("personality", "add", "hot", "Hm.", "--temperature", "3"), "temperature")
        self.assertEqual(self.run_on_data("personality", "remove", "second").returncode, 0)
        self.assertEqual(self.rows("personality"), [["first", "", "", "default"]])

    def test_an_api_key_is_printed_once(self):
        made = self.run_on_data("user", "key", "admin", "--name", "scripts")
        self.assertRegex(made.stdout, r"\Aplx_[\w-]{43}\n\Z")
        self.assert_refused(self.run_on_data("user", "key", "ghost"), "no account 'ghost'")

    def test_a_file_of_providers_with_a_mistake_is_refused_before_anything_is_made(self):
        nowhere = self.folder / "nowhere"
        for text, *sentence in [("{", "array"), ('[{"name": "a"}]', "provider 1", "base_url"),
                                ('[{"name": "a", "base_url": "https://a.example", "keys": ["env:UNSET"]}]', "UNSET")]:
            with self.subTest(text):
                providers = self.file("providers.json", text)
                self.assert_refused(troupe("serve", "--data", nowhere, "--providers", providers), providers, *sentence)
        self.assert_refused(troupe("serve", "--data", nowhere, "--providers", self.folder / "none.json"), "none.json")
        self.assertFalse(nowhere.exists())
        good = self.file("providers.json", '[{"name": "a", "base_url": "https://a.example", "keys": ["env:A_KEY"]}]')
        with self.serve("--providers", good, A_KEY="sk-a") as server:
            server.stop()


class Exports(CommandLineTest):
    def export(self, what, *arguments):
        result = troupe("export", what, "--data", self.data, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_writes_what_a_running_server_holds_in_each_format_and_no_secret(self):
        with self.serve("--demo") as server:
            cookie = {"Cookie": server.log_in("admin", "admin123")}
            bots = [json.loads(server.call("/api/my-bots", {"name": name}, cookie)[2]) for name in ("one", "two")]
            one, two = (bot["bot_id"] for bot in bots)
            awkward = 'a "quoted", two-line\ntext; ünïcode'
            server.call(f"/api/bot/{one}/logs", [{"message": awkward, "metadata": {"n": 1}}, {"type": "error"}], cookie)
            server.call(f"/api/bot/{two}/logs", {"message": "of another"}, cookie)
            server.call(f"/api/bot/{one}/messages", {"message": "hello", "author_name": "Ada"}, cookie)
            server.call(f"/api/bot/{one}/send-command", {"type": "dance"}, cookie)

            logs = json.loads(self.export("logs"))
            self.assertEqual([(log["bot_id"], log["message"]) for log in logs],
                             [(one, awkward), (one, ""), (two, "of another")])
            self.assertEqual(sorted(log["position"] for log in logs), [log["position"] for log in logs])
            lines = self.export("logs", "--format", "ndjson", "--bot", one).splitlines()
            self.assertEqual([json.loads(line) for line in lines], logs[:2])
            rows = list(csv.DictReader(io.StringIO(self.export("logs", "--format", "csv"), newline="")))
            self.assertEqual([row["message"] for row in rows], [log["message"] for log in logs])
            self.assertEqual(json.loads(rows[0]["metadata"]), {"n": 1})
            self.assertEqual([message["author_name"] for message in json.loads(self.export("messages"))], ["Ada"])
            self.assertEqual([command["type"] for command in json.loads(self.export("commands"))], ["dance"])
            self.assertEqual(json.loads(self.export("commands", "--bot", two)), [])

            events = json.loads(self.export("events"))
            self.assertEqual([event["position"] for event in events], list(range(1, len(events) + 1)))
            self.assertIn("BotCreated", {event["type"] for event in events})
            everything = "".join(self.export(what) for what in ("logs", "messages", "commands", "events"))
            for secret in ("argon2", "token_hash", "sealed_", "ended_logins", *(bot["token"] for bot in bots)):
                self.assertNotIn(secret, everything)

    def test_an_empty_table_still_has_its_columns(self):
        with self.serve(TROUPE_ADMIN_PASSWORD="administrator") as server:
            server.stop()
        self.assertEqual(self.export("messages", "--format", "csv").splitlines(),
                         ["position,time,bot_id,message,author_id,author_name,thread_id,thread_type,metadata"])
        self.assertEqual(self.export("messages"), "[]\n")
        self.assertEqual(self.export("messages", "--format", "ndjson"), "")

    def test_mistakes_are_refused_with_a_sentence(self):
        self.assert_refused(troupe("export", "logs", "--data", self.data), self.data)
        self.assert_refused(troupe("export", "secrets", "--data", self.data), "secrets")
        self.assert_refused(troupe("export", "logs", "--data", self.data, "--format", "xml"), "xml")


class Tls(CommandLineTest):
    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=TIMEOUT_S)

    def setUp(self):
        super().setUp()
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                     "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out",
                     "certificate.pem")
        self.certificate, self.key = self.folder / "certificate.pem", self.folder / "key.pem"

    def test_serves_https_with_a_certificate_that_clients_verify(self):
        with self.serve("--tls-certificate", self.certificate, "--tls-key", self.key) as server:
            self.assertRegex(server.url, r"^https://127\.0\.0\.1:\d+$")
            trusting = ssl.create_default_context(cafile=str(self.certificate))
            self.assertEqual(server.call("/healthz", context=trusting)[0], 200)
            with self.assertRaises(urllib.error.URLError):
                server.call("/healthz", context=ssl.create_default_context())

    def test_refuses_a_key_of_another_certificate(self):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", "other.pem")
        result = troupe("serve", "--data", self.data, "--listen", ANY_PORT, "--metrics", "", "--tls-certificate",
                        self.certificate, "--tls-key", self.folder / "other.pem")
        self.assert_refused(result, "other.pem", "certificate.pem", "mismatch")

    def test_refuses_a_file_that_is_no_certificate(self):
        result = troupe("serve", "--data", self.data, "--listen", ANY_PORT, "--metrics", "", "--tls-certificate",
                        self.file("text.pem", "hello\n"), "--tls-key", self.key)
        self.assert_refused(result, "text.pem")


if __name__ == "__main__":
    unittest.main()
