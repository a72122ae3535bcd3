"""Owns a folder that is mounted with sshfs, as from another machine: its two ends speak through a pair of sockets.

Does not mount over a network.
SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import os
import signal
import socket
import subprocess

import support

SFTP_SERVER = "/usr/lib/openssh/sftp-server"


@dataclasses.dataclass
class Ends:
    near: subprocess.Popen  # sshfs, which may be killed
    far: subprocess.Popen  # which may be stopped, and go on


@contextlib.contextmanager
def mounted(real, place):
    """Mounts the folder `real` at `place`; yields the processes at both ends."""
    place.mkdir(exist_ok=True)
    ends = socket.socketpair()
    with subprocess.Popen([SFTP_SERVER], stdin=ends[0], stdout=ends[0]) as far, \
            subprocess.Popen(["sshfs", f":{real}", str(place), "-o", "passive,allow_other", "-f"], stdin=ends[1],
                             stdout=ends[1]) as near:
        for end in ends:
            end.close()
        try:
            support.wait_until(lambda: os.path.ismount(place), "sshfs", near)
            yield Ends(near, far)
        finally:
            far.send_signal(signal.SIGCONT)
            # A row may have unmounted it, once sshfs had ended.
            subprocess.run(["umount", "--lazy", str(place)], check=near.poll() is None, capture_output=True)
            near.wait(support.DEADLINE)
            far.wait(support.DEADLINE)
