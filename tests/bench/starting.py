"""Owns the start of the CGI program, which every request of such a site pays: how long one takes, from start to end.

SPDX-License-Identifier: MIT
"""
import statistics
import subprocess
import time

import signing
import support
from bench import peers as p
from bench.work import in_turn

STARTS = "starts"
WITH_LINKS = "reelgate with keys for links"

# Starts of each in a round: their median is the figure.
COUNT = 40

PATH = f"/api/stream/v{p.TEN - 1:07}"


def environment(site, **more):
    return support.clean_environment(REQUEST_METHOD="GET", HTTP_RANGE="bytes=0-0", REMOTE_ADDR="192.0.2.1",
                                     REELGATE_DATA=str(site.volume.path), **{"REQUEST_URI": PATH, **more})


def run(program, variables):
    """Milliseconds of one request, which has to be answered with its byte."""
    begin = time.perf_counter()
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=variables, check=True)
    taken = (time.perf_counter() - begin) * 1e3
    if not done.stdout.startswith(b"Status: 206"):
        raise RuntimeError(f"{program}: {done.stdout[:200]!r}")
    return taken


def starts(site, i, samples):
    """One after another in turn, so that what disturbs one disturbs all."""
    keys = signing.write_keys(site.folder / "keys", signing.KEY)
    kinds = [(p.REELGATE, support.PROGRAM, environment(site)),
             (WITH_LINKS, support.PROGRAM, environment(site, REELGATE_LINK_KEY=str(keys),
                                                       REQUEST_URI=f"{PATH}?{signing.link(PATH)}"))]
    if site.before:
        kinds.append((p.BEFORE, site.before, environment(site)))
    times = {name: [] for name, _, _ in kinds}
    for k in range(COUNT):
        for name, program, variables in in_turn(kinds, i + k):
            times[name].append(run(program, variables))
    for name, taken in times.items():
        samples.add(STARTS, name, milliseconds=statistics.median(taken))
