"""Owns the calls a request: how many system calls reelgate makes for 64 KiB.

SPDX-License-Identifier: MIT
"""
import calls
from bench import peers as p

ROUNDS = 3
CALLS = "calls"
NEW, KEPT = "a new connection", "a kept connection"


def everything(site, samples):
    address = site.socket("calls")
    if "calls" not in site.processes:
        site.start_reelgate("calls", "--threads", "1")
    for _ in range(ROUNDS):
        for who, is_kept in ((NEW, False), (KEPT, True)):
            made = calls.calls_of(site.processes["calls"], address, f"/api/stream/v{p.TEN - 1:07}", is_kept)
            samples.add(CALLS, who, calls=len(made))
