"""Links that expire, at a running server: who gets in, what is told to the others, and keys that change meanwhile.

Does not test every bad link: unit/link_verify_test.cc and fuzz/links.cc do.
SPDX-License-Identifier: MIT
"""
import contextlib
import os
import pwd
import shutil
import signal
import time

import support
from signing import LEEWAY, link, write_keys
from support import Serving, equal
from viewers import (FILM, FILM_PATH, LARGE, LARGE_PATH, Viewers, ask, load, make_volume, range_field, rest_of,
                     statuses)

KEY, NEW_KEY, STRANGE_KEY = (bytes([byte]) * 32 for byte in (1, 2, 3))


def now():
    return int(time.time())


def query(path, key=KEY, expires=None, **more):
    return f"{path}?{link(path, expires, key, **more)}"


def told(reply):
    return reply.status, reply.content.decode() if reply.status >= 400 else ""


def refusal(detail):
    return 403, f'{{"detail":"{detail}"}}'


MISSING, NOT_VALID, EXPIRED = map(refusal, ("Link missing", "Link not valid", "Link expired"))


def check_answers(report, folder, volume):
    keys = folder / "answers.key"
    write_keys(keys, KEY)
    options = "--link-key", keys, "--link-cookie", "film_link", "--cors-origin", "https://page.example"
    with Serving(folder, volume, *options, "--log-level", "debug") as server:
        good = query(FILM_PATH)
        front = f"/bcdn_{link(FILM_PATH, key=KEY)}{FILM_PATH}"
        cookie = [("HTTP_COOKIE", f"a=b; film_link={link(FILM_PATH, key=KEY)}")]
        local = [("REMOTE_ADDR", "192.0.2.7")]
        answers = [
            ("no link", FILM_PATH, [], MISSING),
            ("a good one", good, [], (200, "")),
            ("a good one in front", front, [], (200, "")),
            ("a good one in the cookie", FILM_PATH, cookie, (200, "")),
            ("a late one", query(FILM_PATH, expires=now() - LEEWAY - 1), [], EXPIRED),
            ("a changed one", good[:-1], [], NOT_VALID),
            ("another film's", good.replace("film?", "large?"), [], NOT_VALID),
            ("a film that is not there", query("/api/stream/none"), [], (404, '{"detail":"Video not found"}')),
            ("an unknown key's", query(FILM_PATH, key=STRANGE_KEY), [], NOT_VALID),
            ("query and cookie that disagree", good[:-1], cookie, NOT_VALID),
            ("the address's own", query(FILM_PATH, address="192.0.2.7"), local, (200, "")),
            ("another address's", query(FILM_PATH, address="192.0.2.8"), local, NOT_VALID),
            ("an address in a field of the client", query(FILM_PATH, address="192.0.2.8"),
             [*local, ("HTTP_X_FORWARDED_FOR", "192.0.2.8")], NOT_VALID),
        ]
        for name, target, fields, expected in answers:
            for method in ("GET", "HEAD"):
                with report.row(f"{name}: {method}"):
                    reply = ask(server, target, method, fields)
                    equal(told(reply) if method == "GET" else reply.status,
                          expected if method == "GET" else expected[0], "answer")
                    if reply.status == 403:
                        equal(reply.field("Cache-Control"), "no-store", "Cache-Control")
        with report.row("OPTIONS needs none"):
            fields = [("HTTP_ORIGIN", "https://page.example"), ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "GET"),
                      ("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "range")]
            equal(ask(server, FILM_PATH, "OPTIONS", fields).status, 204, "status")
        tag = ask(server, good, "HEAD").field("ETag")
        for status, field in ((304, ("HTTP_IF_NONE_MATCH", tag)), (412, ("HTTP_IF_MATCH", '"other"')),
                              (416, ("HTTP_RANGE", f"bytes={len(FILM) * 2}-")), (206, ("HTTP_RANGE", "bytes=0-9"))):
            with report.row(f"{status} only with a link"):
                equal(ask(server, good, fields=[field]).status, status, "status with one")
                equal(told(ask(server, FILM_PATH, fields=[field])), MISSING, "answer without")
        with report.row("no token, no cookie and no key is ever in the log"):
            for name, target, fields, _ in answers:
                ask(server, target, fields=fields)
            ask(server, front.replace("/api/stream/", "/other/"))
            log = server.log()
            assert "debug: " in log, log
            for part in ("HS256", "expires=", "bcdn", "film_link", "a=b", *keys.read_text().split(), KEY.hex()):
                assert part not in log, f"{part!r} in the log: {log}"


def check_transfer(report, folder, volume):
    keys = folder / "transfer.key"
    write_keys(keys, KEY)
    with report.row("a transfer under way goes on after its link has expired"), \
            Serving(folder, volume, "--link-key", keys) as server, Viewers(server) as viewers:
        target = query(LARGE_PATH, expires=now() - LEEWAY + 5)
        viewer = viewers.watch(target)
        support.wait_until(lambda: told(ask(server, target, fields=range_field(0, 10))) == EXPIRED, "expired")
        equal(len(rest_of(viewer).content), LARGE, "bytes of what began before")


def check_rotation(report, folder, volume):
    keys, config = folder / "rotation.key", folder / "rotation.conf"

    @contextlib.contextmanager
    def serving(*all_keys, text=""):
        write_keys(keys, *all_keys)
        config.write_text(f"link-key = {keys}\n{text}")
        with Serving(folder, volume, "--config", config, "--threads", "2") as server:
            yield server

    def reload(server, expected):
        count = server.log().count(expected)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log(expected, count + 1)
    with report.row("SIGHUP under load: no request fails with a key that is there before and after"), \
            serving(KEY) as server:
        with load(server, query(FILM_PATH)) as failures:
            for _ in range(10):
                for all_keys in ((NEW_KEY, KEY), (KEY, NEW_KEY), (KEY,)):
                    write_keys(keys, *all_keys)
                    reload(server, "settings are in force")
        equal(failures, [], "failures")
    with report.row("a new key is put before the old one, which is then taken away"), serving(KEY) as server:
        equal(told(ask(server, query(FILM_PATH, key=NEW_KEY), "HEAD"))[0], 403, "status before")
        write_keys(keys, NEW_KEY, KEY)
        reload(server, "settings are in force")
        for key in (KEY, NEW_KEY):
            equal(ask(server, query(FILM_PATH, key=key), "HEAD").status, 200, "status with both")
        write_keys(keys, NEW_KEY)
        reload(server, "settings are in force")
        equal(told(ask(server, query(FILM_PATH))), NOT_VALID, "answer with the old one")
        equal(statuses(server, query(FILM_PATH)), {403}, "statuses with the old one")
        equal(statuses(server, query(FILM_PATH, key=NEW_KEY)), {200}, "statuses with the new one")
    with report.row("the file is read once, for all threads: nobody misses it"), serving(KEY) as server:
        for _ in range(3):
            keys.unlink()
            equal(statuses(server, query(FILM_PATH)), {200}, "statuses without the file")
            write_keys(keys, KEY)
            reload(server, "settings are in force")
    broken = [
        ("a key that is too short", lambda: write_keys(keys, NEW_KEY, b"short"), f"{keys}:2: the key has 5 bytes"),
        ("a mode for others", lambda: write_keys(keys, NEW_KEY, mode=0o644), "its mode is 0644"),
        ("no file", keys.unlink, f"{keys}: No such file or directory"),
        ("no key", lambda: write_keys(keys), "has no key"),
    ]
    for name, breaks, cause in broken:
        with report.row(f"SIGHUP, {name}: one line, and the old keys and settings stay"), \
                serving(KEY, text="cache-protected = on\ncache-control = max-age=1\n") as server:
            breaks()
            config.write_text(f"link-key = {keys}\ncache-protected = on\ncache-control = max-age=2\n")
            reload(server, "the old settings stay")
            assert cause in server.log(), server.log()
            equal(server.log().count(": reload: "), 1, "lines")
            equal(ask(server, query(FILM_PATH), "HEAD").field("Cache-Control"), "max-age=1", "Cache-Control")
            equal(told(ask(server, query(FILM_PATH, key=NEW_KEY))), NOT_VALID, "answer with a new key")


def check_files(report, folder, volume):
    with report.row("a file that others may read: serve does not start"):
        keys = folder / "open.key"
        write_keys(keys, KEY, mode=0o604)
        done = support.reelgate("serve", "--data", volume.path, "--listen", f"unix:{folder}/none", "--link-key", keys)
        equal((done.returncode, done.stderr.decode()),
              (1, f"reelgate: read link keys: {keys}: its mode is 0604: others than its owner and group must have no "
                  f"permission; `chmod 640 {keys}`\n"), "exit status, error")
    for mode in (0o400, 0o440):
        with report.row(f"a credential of systemd, mode {mode:04o}"):
            # As LoadCredential= makes it: a folder and a file of the service's user, who may only read them.
            credentials = folder / f"credentials-{mode:o}"
            credentials.mkdir()
            keys = credentials / "link-key"
            write_keys(keys, KEY, mode=mode)
            user = {}
            if os.geteuid() == 0:
                nobody = pwd.getpwnam("nobody")
                for path in (keys, credentials):
                    os.chown(path, nobody.pw_uid, nobody.pw_gid)
                user = {"user": "nobody", "group": nobody.pw_gid, "extra_groups": []}
            credentials.chmod(0o500)
            try:
                done = support.reelgate("sign", "--data", volume.path, "--link-key", keys, "film", **user)
                equal(done.returncode, 0, "exit status")
                read = support.reelgate("get", "--data", volume.path, "--method", "HEAD", "--link-key", keys,
                                        done.stdout.decode().strip(), **user)
                assert read.stdout.startswith(b"Status: 200 "), (read.stdout, read.stderr)
            finally:
                credentials.chmod(0o700)
                shutil.rmtree(credentials)
    for command in (["list"], ["check"], ["remove", "film"], ["init"]):
        with report.row(f"{command[0]} does not read the keys"):
            other = support.Volume(folder / f"other-{command[0]}")
            other.add("film", support.mp4(b"film"))
            done = support.reelgate(*command, "--data", other.path, "--link-key", folder / "none.key")
            equal((done.returncode, done.stderr), (0, b""), "exit status, errors")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        if os.geteuid() == 0:
            volume.give_to("nobody")
        for check in (check_answers, check_transfer, check_rotation, check_files):
            check(report, folder, volume)
    report.finish()


main()
