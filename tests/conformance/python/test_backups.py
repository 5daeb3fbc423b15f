"""Backups as an administrator makes them: of a running server and of a stopped one, verified, restored, compared.

Standard library only; the server as in test_command_line.py.
"""

import json
import os
import pathlib
import re
import subprocess
import threading
import time
import types
import unittest

from test_command_line import BINARY, TIMEOUT_S, CommandLineTest, Server, clean_environment, troupe


def exported_events(data, **environment):
    """Every event, as bytes: one JSON object a line, in the order of the log."""
    result = subprocess.run([BINARY, "export", "events", "--format", "ndjson", "--data", str(data)],
                            capture_output=True, timeout=TIMEOUT_S, env=clean_environment(environment))
    assert result.returncode == 0, result.stderr
    return result.stdout


class BackupTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.restored = self.folder / "restored"

    def serve_both(self):
        return Server("--data", self.data, "--demo", "--listen", "127.0.0.1:0=bot_manager", "--listen",
                      "127.0.0.1:0=plexichat", "--metrics", "")

    def a_stopped_folder(self):
        with self.serve_both() as server:
            server.stop()

    def create(self, *arguments, **environment):
        """The path of a new backup of a stopped folder."""
        result = troupe("backup", "create", "--data", self.data, *arguments, **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.splitlines()[-1]

    def data_key(self):
        return (self.data / "key").read_text().strip()


class OfARunningServer(BackupTest):
    def test_it_is_equal_event_by_event_although_a_writer_went_on_and_the_server_was_killed(self):
        with self.serve_both() as server:
            chat = server.said(r"listening (\S+) plexichat\n").group(1)
            cookie = {"Cookie": server.log_in("admin", "admin123")}
            bot = json.loads(server.call("/api/my-bots", {"name": "writer"}, cookie)[2])
            logs = f"/api/bot/{bot['bot_id']}/logs"
            token = {"X-Bot-Token": bot["token"]}
            written, stop = [], threading.Event()

            def write():
                for n in iter(int, 1):
                    if stop.is_set():
                        return
                    try:
                        status, _, _ = server.call(logs, {"type": "info", "message": f"entry {n} {len(written)}"}, token)
                    except OSError:
                        return  # killed
                    assert status in (200, 201), status
                    written.append(n)

            writer = threading.Thread(target=write)
            writer.start()
            self.eventually(lambda: len(written) > 50)

            def plexichat(path, body=None, headers={}):
                return Server.call(types.SimpleNamespace(url=chat), "/api/v1" + path, body, headers)

            _, _, answer = plexichat("/auth/login", {"username": "admin", "password": "admin123"})
            bearer = {"Authorization": "Bearer " + json.loads(answer)["access_token"]}
            acknowledged = len(written)
            status, _, answer = plexichat("/admin/backup", {"compression": "gzip", "encryption": True}, bearer)
            self.assertEqual(status, 202, answer)
            backup_id = json.loads(answer)["backup_id"]
            shown = {}

            def completed():
                shown.update(json.loads(plexichat("/admin/backups/" + backup_id, None, bearer)[2]))
                return shown["status"] != "running"

            self.eventually(completed)
            self.assertEqual(shown["status"], "completed", shown)
            after = len(written)
            self.eventually(lambda: len(written) > after + 20)
            server.process.kill()
            server.process.wait()
            stop.set()
            writer.join()

        file = self.data / "backups" / f"{backup_id}.troupe-backup"
        self.assertNotIn(b"entry 0", file.read_bytes())
        verified = troupe("backup", "verify", file, "--data", self.data)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        restored = troupe("backup", "restore", file, "--data", self.restored, TROUPE_KEY=self.data_key())
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.assertIn(f"events up to {shown['last_position']}", restored.stdout)

        original, copy = exported_events(self.data), exported_events(self.restored, TROUPE_KEY=self.data_key())
        self.assertEqual(original[:len(copy)], copy, "the restored log is the beginning of the original one")
        self.assertGreater(len(original), len(copy))
        self.assertGreaterEqual(len(re.findall(rb"entry \d+ ", copy)), acknowledged)

        (self.restored / "key").write_text(self.data_key())
        self.data = self.restored
        with self.serve() as server:
            cookie = {"Cookie": server.log_in("admin", "admin123")}
            status, _, answer = server.call(f"/api/my-bots/{bot['bot_id']}/token", None, cookie)
            self.assertEqual((status, json.loads(answer)["token"]), (200, bot["token"]), "sealed secrets open again")
            self.assertIn(server.call(logs, {"type": "info", "message": "after it"}, token)[0], (200, 201))
            self.assertEqual(server.stop(), 0)
        self.assertEqual(exported_events(self.restored, TROUPE_KEY=self.data_key())[:len(copy)], copy)

    def test_the_command_line_leaves_it_to_the_server(self):
        with self.serve_both():
            self.assert_refused(troupe("backup", "create", "--data", self.data), "POST /api/v1/admin/backup")

    def eventually(self, holds):
        end = time.monotonic() + TIMEOUT_S
        while not holds():
            self.assertLess(time.monotonic(), end, "it never came")
            time.sleep(0.02)


class OfAStoppedServer(BackupTest):
    def test_it_comes_back_equal_with_its_key_in_place(self):
        self.a_stopped_folder()
        file = self.create("--compression", "gzip")
        self.assertNotEqual(self.create(), file)
        listed = troupe("backup", "list", "--data", self.data)
        self.assertEqual(len(listed.stdout.splitlines()), 2, listed.stderr)
        self.assertIn("gzip\tdata-key", listed.stdout)
        copy_of_key = self.file("kept apart", self.data_key() + "\n")
        result = troupe("backup", "restore", file, "--data", self.restored, "--key-file", copy_of_key)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.restored / "key").stat().st_mode & 0o777, 0o600)
        original, copy = exported_events(self.data), exported_events(self.restored, TROUPE_KEY=self.data_key())
        self.assertEqual(original[:len(copy)], copy)
        self.data = self.restored
        with self.serve("--demo") as server:
            self.assertTrue(server.log_in("admin", "admin123"))
            self.assertEqual(server.stop(), 0)

    def test_without_a_key_it_says_where_the_key_belongs(self):
        self.a_stopped_folder()
        file = self.create("--no-encryption")
        result = troupe("backup", "restore", file, "--data", self.restored)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("TROUPE_KEY", result.stdout)
        self.assert_refused(troupe("user", "list", "--data", self.restored), "data key is missing")
        sealed = self.create()
        self.assert_refused(troupe("backup", "restore", sealed, "--data", self.folder / "other"), "--key-file")
        self.assert_refused(troupe("backup", "restore", sealed, "--data", self.folder / "other", TROUPE_KEY="0" * 64),
                            "another key")
        self.assert_refused(troupe("backup", "restore", sealed, "--data", self.folder / "other", TROUPE_KEY="short"),
                            "64 hexadecimal digits")

    def test_a_passphrase_opens_it_anywhere(self):
        self.a_stopped_folder()
        passphrase = self.file("passphrase", "correct horse battery staple\n")
        file = self.create("--passphrase-file", passphrase)
        self.assertEqual(troupe("backup", "verify", file, "--passphrase-file", passphrase).returncode, 0)
        self.assertEqual(troupe("backup", "verify", file,
                                TROUPE_BACKUP_PASSPHRASE="correct horse battery staple").returncode, 0)
        self.assert_refused(troupe("backup", "verify", file, TROUPE_BACKUP_PASSPHRASE="wrong"), "another key")
        self.assert_refused(troupe("backup", "verify", file), "passphrase")

    def test_damage_is_refused_with_a_sentence(self):
        self.a_stopped_folder()
        file = self.create("--no-encryption")
        whole = pathlib.Path(file).read_bytes()
        self.assertEqual(troupe("backup", "verify", file).returncode, 0)
        for damaged in (whole[:-1], whole[:100], whole + b"x", whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:]):
            pathlib.Path(file).write_bytes(damaged)
            self.assert_refused(troupe("backup", "verify", file), "the backup is damaged")
            self.assert_refused(troupe("backup", "restore", file, "--data", self.restored), "the backup is damaged")
            self.assertEqual(os.listdir(self.restored), [])
        self.assert_refused(troupe("backup", "verify", self.data / "key"), "is no backup")
        self.assert_refused(troupe("backup", "verify", self.folder / "nothing"), "nothing")

    def test_it_is_restored_into_an_empty_folder_only(self):
        self.a_stopped_folder()
        file = self.create("--no-encryption")
        self.assert_refused(troupe("backup", "restore", file, "--data", self.data), "not empty")
        self.assert_refused(troupe("backup", "restore", file), "--data")


if __name__ == "__main__":
    unittest.main()
