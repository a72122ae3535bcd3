"""`reelgate sign`: the addresses that it prints, what it says of them, and what it refuses.

Does not test that they are taken: unit/link_sign_test.cc and server/links_test.py do.
SPDX-License-Identifier: MIT
"""
import json
import re
import time

import support
from signing import link, write_keys
from support import equal

KEY, OTHER_KEY = bytes([1]) * 32, bytes([2]) * 32
END = 1893456000
UNTIL = "2030-01-01T00:00:00Z"
DAY = 86_400

# situation, arguments, the last of which is what is signed; path of the film, parameters of the link, what it is for
SIGNED = [
    ("an id", ["--until", UNTIL, "film"], "/api/stream/film", {}),
    ("an id with a dot", ["--until", UNTIL, "film.v2.mp4"], "/api/stream/film.v2.mp4", {}),
    ("a path", ["--until", UNTIL, "/other/film"], "/other/film", {}),
    ("seconds since 1970", ["--until", str(END), "film"], "/api/stream/film", {}),
    ("another offset", ["--until", "2030-01-01T05:30:00+05:30", "film"], "/api/stream/film", {}),
    ("another prefix", ["--until", UNTIL, "--prefix", "/v/", "film"], "/v/film", {}),
    ("for an address", ["--until", UNTIL, "--address", "192.0.2.7", "film"], "/api/stream/film",
     {"address": "192.0.2.7"}),
    ("for a /64", ["--until", UNTIL, "--address", "2001:db8::7", "film"], "/api/stream/film",
     {"address": "2001:db8::1"}),
    ("a download", ["--until", UNTIL, "--download", "film"], "/api/stream/film", {"download": 1}),
    ("a list of segments", ["--until", UNTIL, "--path", "--id-segments", "3", "show/index.m3u8"],
     "/api/stream/show/index.m3u8", {"token_path": "/api/stream/show/"}),
    ("a folder", ["--until", UNTIL, "--path", "show/"], "/api/stream/show/", {"token_path": "/api/stream/show/"}),
    ("all films", ["--until", UNTIL, "--path", "/api/stream/"], "/api/stream/", {"token_path": "/api/stream/"}),
]

# situation, arguments, exit status, what the one line has to name
REFUSED = [
    ("no keys", ["film"], 2, "name the file of keys with --link-key"),
    ("keys that others may read", ["--link-key", "{folder}/open.key", "film"], 1, "chmod 640"),
    ("nothing to sign", ["--link-key", "{key}"], 2, "too few arguments"),
    ("an operand with a query", ["--link-key", "{key}", "--for", "1h", "/api/stream/film?download=1"], 2,
     "a path has no query; --download"),
    ("two ends", ["--link-key", "{key}", "--for", "1h", "--until", UNTIL, "film"], 2, "--for and --until"),
    ("no length of time", ["--link-key", "{key}", "--for", "1w", "film"], 2, "--for 1w"),
    ("no time", ["--link-key", "{key}", "--until", "tomorrow", "film"], 2, "--until tomorrow"),
    ("a time that has passed", ["--link-key", "{key}", "--until", "2020-01-01T00:00:00Z", "film"], 2, "has passed"),
    ("seconds that have nine digits", ["--link-key", "{key}", "--until", "999999999", "film"], 2, "has passed"),
    ("seconds that have eleven digits", ["--link-key", "{key}", "--until", "10000000000", "film"], 2, "2286"),
    ("a life until 2300", ["--link-key", "{key}", "--for", "100000d", "film"], 2, "2286"),
    ("no address", ["--link-key", "{key}", "--address", "home", "film"], 2, "--address home"),
    ("an address that spells digits", ["--link-key", "{key}", "--address", "52.53.56.55", "film"], 2, "52.53.56.55"),
    ("a base that is a host", ["--link-key", "{key}", "--base-url", "films.example.org", "film"], 2, "--base-url"),
    ("a base with a query", ["--link-key", "{key}", "--base-url", "https://a.example/?a", "film"], 2, "--base-url"),
    ("no id", ["--link-key", "{key}", "a film"], 2, "sign a film: names no video"),
    ("an id of a folder's film", ["--link-key", "{key}", "show/index.m3u8"], 2, "names no video"),
    ("an address in place of an id", ["--link-key", "{key}", "https://a.example/film"], 2, "names no video"),
    ("an id among good ones", ["--link-key", "{key}", "film", "a film", "film"], 2, "sign a film"),
    ("a folder without --path", ["--link-key", "{key}", "show/"], 2, "--path makes a link for all of it"),
    ("a film whose folder is that of all", ["--link-key", "{key}", "--path", "film"], 2, "which holds all videos"),
    ("a download of a folder", ["--link-key", "{key}", "--path", "--download", "show/"], 2, "--download and --path"),
]


def sign(*words, environment=None):
    done = support.reelgate("sign", *words, environment=environment)
    return done.stdout.decode(), done.stderr.decode(), done.returncode


def address(path, expires=END, key=KEY, **more):
    """What is to be printed: the parameters in another order than those of link()."""
    parameters = dict(part.split("=", 1) for part in link(path, expires, key, **more).split("&"))
    token, end = parameters.pop("token"), parameters.pop("expires")
    text = "&".join([f"token={token}", *(f"{name}={value}" for name, value in parameters.items()), f"expires={end}"])
    return f"/bcdn_{text}{path}" if "token_path" in more else f"{path}?{text}"


def check_signed(report, volume, keys):
    options = "--data", volume.path, "--link-key", keys
    for name, words, path, parameters in SIGNED:
        with report.row(f"signed: {name}"):
            out, _, status = sign(*options, *words)
            equal((status, out), (0, address(path, **parameters) + "\n"), "exit status, addresses")
    with report.row("the first key signs"):
        write_keys(keys, OTHER_KEY, KEY)
        equal(sign(*options, "--until", UNTIL, "film")[0], address("/api/stream/film", key=OTHER_KEY) + "\n", "address")
        write_keys(keys, KEY, OTHER_KEY)
    with report.row("a day, if nothing is said"):
        before, (out, _, _), after = int(time.time()), sign(*options, "film"), int(time.time())
        expires = int(re.search(r"expires=(\d{10})\n", out).group(1))
        assert before + DAY <= expires <= after + DAY, (before, expires)
        equal(out, address("/api/stream/film", expires) + "\n", "address")
    with report.row("several, behind a base"):
        out, _, _ = sign(*options, "--until", UNTIL, "--base-url", "https://films.example.org/", "film", "/x/y")
        equal(out, "".join(f"https://films.example.org{address(path)}\n" for path in ("/api/stream/film", "/x/y")),
              "addresses")
    with report.row("JSON: the length of the film, where it is known"):
        out, _, _ = sign(*options, "--until", UNTIL, "--json", "film", "none", "/x/y")
        equal(json.loads(out),
              [{"id": "film", "address": address("/api/stream/film"), "expires": END, "seconds": 60.0},
               {"id": "none", "address": address("/api/stream/none"), "expires": END},
               {"path": "/x/y", "address": address("/x/y"), "expires": END}], "array")


def check_notes(report, folder, volume, keys):
    short = "reelgate: sign {}: the link lives {} s, and the film plays 60.0 s: a seek after its end is refused; " \
        "let it live at least twice as long as the film\n"
    notes = [
        ("twice as long as the film", ["--for", "2m", "film"], ""),
        ("shorter than twice the film", ["--for", "119s", "film"], short.format("film", 119)),
        ("the same, by its extension", ["--for", "1m", "film.mp4"], short.format("film.mp4", 60)),
        ("the same, by its path", ["--for", "1m", "/api/stream/film"], short.format("/api/stream/film", 60)),
        ("a film that is not there yet", ["none"], "reelgate: sign none: the query finds no such video; it asks"
         " without a viewer: see LEFT JOIN in reelgate-access(7)\n"),
        ("a path of another site", ["/other/none"], ""),
    ]
    for name, words, expected in notes:
        with report.row(f"told: {name}"):
            _, errors, status = sign("--data", volume.path, "--link-key", keys, *words)
            equal((status, errors), (0, expected), "exit status, notes")
    with report.row("told once: where no catalogue is"):
        out, errors, status = sign("--data", folder / "none", "--link-key", keys, "--until", UNTIL, "a", "b")
        equal((status, out), (0, f"{address('/api/stream/a')}\n{address('/api/stream/b')}\n"), "status, addresses")
        equal(errors.count("reelgate: sign: not compared with the lengths of films: open catalogue: "), 1, errors)


def check_refused(report, folder, volume, keys):
    for name, words, status, named in REFUSED:
        with report.row(f"refused: {name}"):
            words = [word.replace("{key}", str(keys)).replace("{folder}", str(folder)) for word in words]
            out, errors, found = sign("--data", volume.path, *words)
            equal((found, out, errors.count("\n")), (status, "", 1), "exit status, output, lines of error")
            assert named in errors, errors


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume, keys = support.Volume(folder / "data"), folder / "key"
        volume.must("add", "--id", "film", support.CLIP)
        write_keys(keys, KEY, OTHER_KEY)
        write_keys(folder / "open.key", KEY, mode=0o644)
        check_signed(report, volume, keys)
        check_notes(report, folder, volume, keys)
        check_refused(report, folder, volume, keys)
    report.finish()


main()
