"""Owns the machine on which tests really install packages: this one under an overlay, seen by no other process and gone
without a trace at the end; with systemd as its first process, or without. Where nothing may be mounted, as in most
containers, it is this one itself, provided that it has nothing of reelgate's.

Does not know what is installed.
SPDX-License-Identifier: MIT
"""
import contextlib
import os
import pathlib
import shlex
import shutil
import subprocess

import support

# Root may install; other users need sudo, as in scripts/deps.
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]

# Makes the machine, and becomes its first process. What would touch the real one is left out: its other services, what
# it mounts, its kernel's settings.
BOOT = r"""
set -eu
read -r pid _ </proc/self/stat
top=$1 kind=$2
mount -t tmpfs none "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" overlay "$top/root"
cd "$top/root"
rm -rf usr/sbin/policy-rc.d run/* etc/systemd/system/*.wants
mount -t proc proc proc
mount --bind -o ro proc/sys proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    set -- $node
    mknod -m 666 "dev/$1" c "$2" "$3"
done
if [ "$kind" = systemd ]; then
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    : >etc/fstab
    rm -rf lib/systemd/system-generators/* lib/systemd/system/*.target.wants
    mkdir -p etc/systemd/system/sysinit.target.wants
    ln -s /lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants/
    ln -sf /lib/systemd/system/basic.target etc/systemd/system/default.target
fi
mkdir old
pivot_root . old
umount -l old
mount --make-rshared /
echo "$pid"
if [ "$kind" = systemd ]; then
    exec env -i container=private PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=0
fi
exec sleep infinity
"""


class CannotMake(Exception):
    """No such machine can be made here; the text has the reason."""


class Machine:
    """Under an overlay. `kind` is "systemd", or "bare" for one on which nothing runs."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        self.cgroup = self.free_cgroup() if self.kind == "systemd" else None
        self.stack = contextlib.ExitStack()
        top = self.stack.enter_context(support.Folder())
        boot = ["unshare", "--mount", "--pid", "--fork", "--ipc", "--uts", "--net", "--cgroup", "--propagation",
                "private", "bash", "-c", BOOT, "boot", str(top), self.kind]
        script = f"exec {shlex.join(boot)}"
        if self.cgroup:
            script = f"set -e; mkdir {self.cgroup}; echo $$ >{self.cgroup}/cgroup.procs; {script}"
        with open(top / "boot.log", "wb") as log:
            self.process = subprocess.Popen([*AS_ROOT, "sh", "-c", script], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log)
        self.first = self.process.stdout.readline().decode().strip()
        try:
            if not self.first:
                raise CannotMake((top / "boot.log").read_text().strip())
            if self.kind == "systemd":
                self.wait_for_systemd()
        except BaseException:
            self.__exit__()
            raise
        return self

    @staticmethod
    def free_cgroup():
        for root in map(pathlib.Path, ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")):
            if (root / "cgroup.procs").exists() and (root / "cgroup.controllers").exists():
                return root / f"reelgate-test-{os.getpid()}"
        raise CannotMake("no control groups, version 2, are mounted")

    def wait_for_systemd(self):
        # "degraded" would be caused by another package's unit.
        states = ("running", "degraded")
        try:
            support.wait_until(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() in states,
                               "systemd", self.process)
        except RuntimeError as failure:
            raise CannotMake(str(failure)) from failure

    def __exit__(self, *_):
        if self.first:
            subprocess.run([*AS_ROOT, "kill", "-KILL", self.first], check=False)
        self.process.wait()
        self.process.stdout.close()
        if self.cgroup:
            support.wait_until(lambda: subprocess.run(
                [*AS_ROOT, "find", self.cgroup, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+"],
                capture_output=True, check=False).returncode == 0 or not self.cgroup.exists(), "cgroup removed")
        self.stack.close()

    def run(self, *command, check=True, **more):
        inside = ["nsenter", f"--target={self.first}", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup",
                  "--root", "sh", "-c", 'cd / && exec "$@"', "sh", *map(str, command)]
        return run(inside, check, **more)


class Here:
    """This machine itself, which the tests leave as it was."""
    kind = "here"

    def __enter__(self):
        for sign in ("/usr/sbin/reelgate", "/etc/reelgate", "/var/lib/reelgate", "/run/reelgate"):
            if os.path.lexists(sign):
                raise RuntimeError(f"{sign} is there: reelgate is in use on this machine; remove it first")
        return self

    def __exit__(self, *_):
        self.run("dpkg", "--purge", "reelgate", check=False)
        self.run("rm", "-rf", "/var/lib/reelgate")
        self.run("userdel", "reelgate", check=False)

    def run(self, *command, check=True, **more):
        return run([*map(str, command)], check, **more)


def run(command, check, **more):
    done = subprocess.run([*AS_ROOT, *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=4 * support.DEADLINE, check=False, **{"stdin": subprocess.DEVNULL, **more})
    if check and done.returncode != 0:
        raise AssertionError(f"{shlex.join(command[-6:])}: exit status {done.returncode}: {done.stdout}")
    return done


def may_install():
    return not AS_ROOT or (shutil.which("sudo") and
                           subprocess.run([*AS_ROOT, "true"], capture_output=True, check=False).returncode == 0)
