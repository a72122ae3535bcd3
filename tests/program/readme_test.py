"""The README against what is there: its blocks of configuration are the shipped files, and its examples of the command
line print what it says.

SPDX-License-Identifier: MIT
"""
import pathlib
import re
import shutil
import subprocess

import support
from support import equal

README = (support.ROOT / "README.md").read_text()
SHIPPED = re.compile(r"^\[`(conf/\S+)`\][^\n]*\n\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"\]\((conf/(?:lighttpd|apache|nginx|haproxy|caddy)/[^)]+)\)")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What is another value on every machine.
VOLATILE = re.compile(r'^(ETag|Last-Modified): .*$', re.MULTILINE)


def examples():
    """Pairs of a command and what it prints."""
    for block in CONSOLE.findall(README):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            yield command, output


def main():
    report = support.Report()
    blocks = SHIPPED.findall(README)
    with report.row("README: names each shipped file of a web server"):
        files = sorted(str(path.relative_to(support.ROOT)) for kind in ("lighttpd", "apache", "nginx", "haproxy", "caddy")
                       for path in pathlib.Path(support.ROOT / "conf" / kind).iterdir())
        equal(sorted(set(NAMED.findall(README))), files, "files")
    for name, text in blocks:
        with report.row(f"README: the block of {name} is that file"):
            equal(text, (support.ROOT / name).read_text(), "text")
    with support.Folder() as folder:
        shutil.copy(support.CLIP, folder)
        (folder / "reelgate").symlink_to(pathlib.Path(support.PROGRAM).resolve())
        environment = support.clean_environment(PATH=f"{folder}:/usr/bin:/bin")

        def run(command):
            return subprocess.run(["bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=support.DEADLINE, env=environment,
                                  check=False)
        # Examples go on with what those before them have made, whether their rows are wanted or not.
        count, left_out = 0, []
        for command, wanted in examples():
            count += 1
            left_out.append(command)
            with report.row(f"README: $ {command}"):
                for earlier in left_out[:-1]:
                    run(earlier)
                left_out.clear()
                done = run(command)
                printed = done.stdout + ("" if done.stdout.endswith("\n") or not done.stdout else "\n")
                equal(VOLATILE.sub(r"\1", printed), VOLATILE.sub(r"\1", wanted), "output")
        with report.row("README: has five examples or more"):
            assert count >= 5, f"{count} examples"
    report.finish()


main()
