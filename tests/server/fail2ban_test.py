"""The filter and the jail for fail2ban, with reelgate's own log as it is in a file and as the journal gives it: each
refusal that counts is found with its address, and no other line is, whatever a client writes.

No service of fail2ban is started: fail2ban-regex and fail2ban-client's test of a configuration are programs.
SPDX-License-Identifier: MIT
"""
import re
import shutil
import subprocess

import signing
import support
from support import Serving, equal
from viewers import ask

PREFIX = "/api/stream/"
FORGED = "9.9.9.9"
FORGED_LINE = f"reelgate: notice: refused: 403: film: {FORGED}: link not valid"
FORGED_IN_JOURNAL = f"host reelgate[1]: refused: 403: film: {FORGED}: not allowed"

# The id says what the catalogue says of the one who asks.
QUERY = "SELECT 'complete' AS status, CASE WHEN :id LIKE 'no%' THEN 403 WHEN :id = 'login' THEN 401 " \
        "WHEN :id = 'hidden' THEN 404 ELSE 200 END AS allow, 'film.mp4' AS file"
OPTIONS = ("--query", QUERY, "--id-segments", "2", "--link", "accepted", "--www-authenticate", "Basic",
           "--auth-path", "/may", "--log-level", "debug")

BAD = "?token=HS256-" + 43 * "A" + "&expires=9999999999"


def late():
    return "?" + signing.link(PREFIX + "film", 1600000000)


# What is asked for, by whom, and the address that the filter finds; none if it must not.
SITUATIONS = [
    ("a link that is not valid", "film" + BAD, "192.0.2.1", "192.0.2.1"),
    ("a film that is not allowed", "no", "192.0.2.2", "192.0.2.2"),
    ("an address of IPv6", "no", "2001:db8::3", "2001:db8::3"),
    ("an address of IPv4 within one of IPv6", "no", "::ffff:192.0.2.4", "192.0.2.4"),
    ("an id with all that it may have", "no-._~09azAZ/no", "192.0.2.5", "192.0.2.5"),
    ("a film that does not exist, with a bad link", "none" + BAD, "192.0.2.6", "192.0.2.6"),
    ("a link that has expired", "film{late}", "192.0.2.7", None),
    ("one who is not logged in", "login", "192.0.2.8", None),
    ("a film that is hidden", "hidden", "192.0.2.9", None),
    ("no address of a client", "no", "unix:", None),
]

# What a client can write, or a web server that hands on what a client has written: method, target, variables.
HOSTILE = [
    ("GET", PREFIX + "film", [("HTTP_RANGE", FORGED_LINE)]),
    ("GET", PREFIX + "film", [("HTTP_RANGE", "x\n" + FORGED_LINE)]),
    ("GET", PREFIX + "film", [("HTTP_RANGE", "\n" + FORGED_IN_JOURNAL)]),
    (FORGED_LINE, PREFIX + "film", []),
    ("\n" + FORGED_LINE, "/", []),
    ("\r" + FORGED_IN_JOURNAL + "\r", "/", []),
    ("GET", FORGED_LINE, []),
    ("GET", "/\n" + FORGED_LINE + "\n", []),
    ("GET", "/" + FORGED_IN_JOURNAL, []),
    ("GET", f"{PREFIX}no: {FORGED}: not allowed", []),
    ("GET", f"{PREFIX}no%3A%20{FORGED}%3A%20not%20allowed%0A", []),
    ("GET", f"{PREFIX}none", [("HTTP_X_FORWARDED_FOR", FORGED), ("HTTP_FORWARDED", f"for={FORGED}")]),
    ("GET", f"{PREFIX}film", [("REMOTE_ADDR", f"{FORGED}: not allowed"), ("HTTP_RANGE", f"{FORGED}: not allowed")]),
    ("GET", f"{PREFIX}film{BAD}", [("REMOTE_ADDR", f"x: {FORGED}")]),
    ("GET", f"{PREFIX}film{BAD}", [("REMOTE_ADDR", f"{FORGED}\n")]),
    ("GET", "/may", [("HTTP_X_ORIGINAL_URI", f"{PREFIX}film?{FORGED_LINE}"), ("HTTP_X_FORWARDED_URI", "/x")]),
]


class InFile(Serving):
    """Standard error leads to a file."""
    name = "a file"

    def found(self, folder, filter_name="reelgate"):
        return found_in(folder, self.log_file, filter_name)


class InJournal(Serving):
    """Standard error leads to the journal, which is made here from what was written."""
    name = "the journal"

    def __enter__(self):
        self.log_file.touch()
        status = self.log_file.stat()
        self.environment["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
        return super().__enter__()

    def found(self, folder, filter_name="reelgate"):
        entries = [(number, "reelgate.service", line[1], line[3:])
                   for number, line in enumerate(self.log().splitlines())]
        # Another service says the same.
        entries.append((len(entries), "other.service", "5", f"refused: 403: film: {FORGED}: not allowed"))
        place = folder / "test.journal"
        place.unlink(missing_ok=True)
        made = subprocess.run(["/lib/systemd/systemd-journal-remote", "--output", place, "-"], check=False,
                              input="".join(map(journal_entry, entries)).encode(), capture_output=True,
                              timeout=support.DEADLINE)
        assert place.exists(), made.stderr.decode()
        return found_in(folder, f"systemd-journal[journalfiles={place}]", filter_name)


def journal_entry(entry):
    """As `journalctl -o export` has it."""
    number, unit, priority, message = entry
    fields = {"__REALTIME_TIMESTAMP": 1795836800000000 + number, "_HOSTNAME": "host", "SYSLOG_IDENTIFIER": "reelgate",
              "_PID": 12, "_SYSTEMD_UNIT": unit, "PRIORITY": priority, "MESSAGE": message}
    return "".join(f"{name}={value}\n" for name, value in fields.items()) + "\n"


def configuration(folder):
    """Debian's, with our files put where they say that they belong."""
    place = folder / "fail2ban"
    if not place.exists():
        shutil.copytree("/etc/fail2ban", place, symlinks=True)
        # Debian's own jail is for the log of an sshd, which need not be there.
        (place / "jail.d/defaults-debian.conf").unlink(missing_ok=True)
        for file in (support.ROOT / "conf/fail2ban").rglob("*.conf"):
            text = file.read_text()
            there = place / file.relative_to(support.ROOT / "conf/fail2ban")
            assert f"/etc/fail2ban/{there.relative_to(place)}" in text, f"{file}: does not say where it belongs"
            there.write_text(text)
    return place


def run(*command):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=support.DEADLINE, check=False)


def found_in(folder, log, filter_name):
    """The addresses that fail2ban finds, in the order of the log."""
    done = run("fail2ban-regex", "--config", configuration(folder), "--usedns", "no", "--out", "<ip>", log, filter_name)
    equal(done.returncode, 0, f"exit status: {done.stdout}{done.stderr}")
    return done.stdout.split()


def refusals(server):
    return re.findall(r"refused: 40\d: .*", server.log())


def check_situations(report, folder, volume, keys, kind):
    for name, target, address, expected in SITUATIONS:
        with report.row(f"{kind.name}: {name}: {'found' if expected else 'not found'}"), \
                kind(folder, volume, "--link-key", keys, *OPTIONS) as server:
            ask(server, PREFIX + target.format(late=late()), fields=[("REMOTE_ADDR", address)])
            support.wait_until(lambda: refusals(server), "the line")
            equal(server.found(folder), [expected] if expected else [], f"addresses found in {server.log()}")
    with report.row(f"{kind.name}: no link where one is required: not found"), \
            kind(folder, volume, "--link-key", keys) as server:
        ask(server, PREFIX + "film", fields=[("REMOTE_ADDR", "192.0.2.1")])
        server.wait_for_log("link missing")
        equal(server.found(folder), [], "addresses")
        equal(server.found(folder, 'reelgate[why="link missing|link not valid"]'), ["192.0.2.1"],
              "addresses, where a jail says that it counts")
    with report.row(f"{kind.name}: addresses that differ, of a server that asks: not found"), \
            kind(folder, volume, "--link-key", keys, *OPTIONS) as server:
        ask(server, "/may?" + PREFIX + "no", fields=[("REMOTE_ADDR", "192.0.2.1"), ("HTTP_X_ORIGINAL_URI", "/x")])
        server.wait_for_log("addresses differ")
        equal(server.found(folder), [], "addresses")


def check_hostile(report, folder, volume, keys, kind):
    with report.row(f"{kind.name}: nothing that a client writes is an address"), \
            kind(folder, volume, "--link-key", keys, *OPTIONS) as server:
        for method, target, fields in HOSTILE:
            fields = fields if "REMOTE_ADDR" in dict(fields) else [("REMOTE_ADDR", "192.0.2.1"), *fields]
            ask(server, target, method, fields=fields)
        server.wait_for_log("response ", len(HOSTILE))
        assert server.log().count(FORGED) > 5, "what was written is not in the log at all"
        # The others are those of the web server's word.
        equal(set(server.found(folder)) - {"192.0.2.1"}, set(), f"addresses found in {server.log()}")


def check_counted(report, folder, volume, keys, kind):
    with report.row(f"{kind.name}: refusals that are only counted are not found, and those with lines all are"):
        with kind(folder, volume, "--link-key", keys, *OPTIONS[:-2]) as server:
            for _ in range(200):
                ask(server, PREFIX + "no", fields=[("REMOTE_ADDR", "192.0.2.1")])
        # It has ended, and told all.
        lines = refusals(server)
        told = sum(map(int, re.findall(r"refused: (\d+) more within a second", server.log())))
        assert told > 0 and len(lines) >= 10, server.log()
        equal(len(lines) + told, 200, "refusals")
        equal(server.found(folder), len(lines) * ["192.0.2.1"], "addresses")


def check_jail(report, folder):
    with report.row("the jail: fail2ban takes the configuration, and the filter is the jail's"):
        place = configuration(folder)
        done = run("fail2ban-client", "-c", place, "--test")
        equal(done.returncode, 0, f"exit status: {done.stdout}{done.stderr}")
        dump = run("fail2ban-client", "-c", place, "--dp").stdout
        for part in (r"\['add', 'reelgate', 'systemd'\]", r"'reelgate', 'addjournalmatch', .*reelgate\.service",
                     r"'reelgate'.*refused: 40", r"\['start', 'reelgate'\]"):
            assert re.search(part, dump), f"not {part} in {dump}"


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", support.position_coded(1000))
        keys = signing.write_keys(folder / "keys", signing.KEY)
        for kind in (InFile, InJournal):
            check_situations(report, folder, volume, keys, kind)
            check_hostile(report, folder, volume, keys, kind)
            check_counted(report, folder, volume, keys, kind)
        check_jail(report, folder)
    report.finish()


main()
