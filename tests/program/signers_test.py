"""The signers that reelgate-access(7) has: each makes the addresses that `reelgate sign` makes.

Takes them from the page, so that what is shown is what was run.
SPDX-License-Identifier: MIT
"""
import base64
import os
import re
import subprocess

import support
from signing import write_keys
from support import equal

PAGE = support.ROOT / "man/reelgate-access.7"
EXAMPLE = re.compile(r'^\.\\" run: (python3|php|node|ruby|go|sh)\n\.Bd [^\n]*\n(.*?)^\.Ed\n\.\\" run: end$',
                     re.MULTILINE | re.DOTALL)
NAMES = {"python3": "sign.py", "php": "sign.php", "node": "sign.js", "ruby": "sign.rb", "go": "sign.go",
         "sh": "sign.sh"}
END = 1893456000
KEYS = [bytes(range(32)), bytes(range(200, 256)), b"\xff" * 64]

# operand of `reelgate sign`, its options, the words for the others
ADDRESSES = [
    ("film", [], ["/api/stream/film"]),
    ("film.v2.mp4", [], ["/api/stream/film.v2.mp4"]),
    ("/a/~b/C_d-e", [], ["/a/~b/C_d-e"]),
    ("show/index.m3u8", ["--path"], ["/api/stream/show/index.m3u8", "/api/stream/show/"]),
    ("a.b/c~d/", ["--path"], ["/api/stream/a.b/c~d/", "/api/stream/a.b/c~d/"]),
]


def examples():
    """The programs of the page, by what runs them."""
    text = PAGE.read_text()
    return {name: re.sub(r"^\\&", "", body, flags=re.MULTILINE).replace("\\e", "\\")
            for name, body in EXAMPLE.findall(text)}


def command_for(name, body, folder):
    source = folder / NAMES[name]
    source.write_text(body)
    if name != "go":
        return [name, source]
    program = folder / "sign-go"
    environment = {**os.environ, "GOCACHE": str(support.ROOT / "build/go-cache"), "GOFLAGS": "-p=1",
                   "GOPATH": str(folder / "go"), "GO111MODULE": "off"}
    done = subprocess.run(["go", "build", "-o", program, source], env=environment, capture_output=True, text=True)
    equal((done.returncode, done.stderr), (0, ""), "go build")
    return [program]


def check(report, folder, name, body):
    with report.row(f"{name}: the addresses of reelgate sign"):
        command = command_for(name, body, folder)
        for key in KEYS:
            keys = folder / "key"
            write_keys(keys, key)
            environment = support.clean_environment(LINK_KEY=base64.b64encode(key).decode())
            for operand, options, words in ADDRESSES:
                ours = support.reelgate("sign", "--data", folder / "none", "--link-key", keys, "--until", str(END),
                                        "--id-segments", "3", *options, operand)
                theirs = subprocess.run([*command, words[0], str(END), *words[1:]], env=environment,
                                        capture_output=True, timeout=support.DEADLINE)
                equal((theirs.returncode, theirs.stderr), (0, b""), "exit status, errors")
                equal(theirs.stdout.decode(), ours.stdout.decode(), f"address of {operand}")


def main():
    report = support.Report()
    found = examples()
    with report.row("the page has a signer in each language"):
        equal(sorted(found), sorted(NAMES), "what runs them")
    with support.Folder() as folder:
        for name, body in found.items():
            check(report, folder, name, body)
    report.finish()


main()
