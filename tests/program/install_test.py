"""`make install` and `make uninstall` as a pair, and the Debian package: made, seen by lintian, installed for real,
used, upgraded, removed and purged, with a systemd that runs and without.

SPDX-License-Identifier: MIT
"""
import os
import re
import shutil
import subprocess
import tarfile

import machine
import support
from support import equal

CONF = "etc/reelgate/reelgate.conf"

# What lintian may say: nobody in Debian has been asked for this package, and conf/ is what `examples` has.
EXPECTED_TAGS = {"initial-upload-closes-no-bugs"}

# A user of the web server's group who asks while the service is restarted and reloaded, a row being written meanwhile.
LOAD = """
import sqlite3, subprocess, sys, threading
import fastcgi, support

PLACE = "/run/reelgate/reelgate.sock"
CLIP = open("/root/sample.mp4", "rb").read()
is_over, failures, answers = threading.Event(), [], []

def ask(target):
    with fastcgi.Connection(PLACE) as connection:
        connection.send(target)
        return connection.read_reply()

def run():
    while not is_over.is_set():
        try:
            reply = ask("/api/stream/sample")
            support.equal((reply.status, reply.content), (200, CLIP), "status, content")
            answers.append(1)
        except Exception as failure:
            failures.append(repr(failure))
            return

def wait_for_more():
    wanted = len(answers) + 8
    support.wait_until(lambda: len(answers) >= wanted or failures, "answers")

def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True).stdout.strip()

threads = [threading.Thread(target=run) for _ in range(4)]
for thread in threads:
    thread.start()
with sqlite3.connect("/var/lib/reelgate/catalog.db") as connection:
    connection.execute("PRAGMA journal_mode = WAL")
    for number in range(3):
        connection.execute("INSERT INTO videos (id, status) VALUES (?, 'complete')", (f"row-{sys.argv[1]}-{number}",))
        connection.commit()
        wait_for_more()
        systemctl("restart", "reelgate.service")
        wait_for_more()
        systemctl("reload", "reelgate.service")
        wait_for_more()
        support.equal(ask(f"/api/stream/row-{sys.argv[1]}-{number}").content,
                      b'{"detail":"Video file not found: row-%d-%d"}' % (int(sys.argv[1]), number), "row without a file")
is_over.set()
for thread in threads:
    thread.join()
support.equal(failures, [], "failures")
# An upgrade restarts it once more, at a time of its own.
def says_that_it_serves():
    status = systemctl("show", "--property=StatusText", "--value", "reelgate")
    return status == "reload: settings are in force" or status.endswith(" threads serve")
support.wait_until(says_that_it_serves, "what it tells systemd")
"""


def make(*words, folder=support.ROOT, check=True):
    # Without what a make that runs these tests has handed on: what is installed is not sanitized.
    environment = {k: v for k, v in support.clean_environment().items()
                   if k != "san" and not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-s", *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=1200, env=environment, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"make {' '.join(words)}: exit status {done.returncode}: {done.stdout[-2000:]}")
    return done


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def check_pair(report, folder):
    conf = sorted(str(path.relative_to(support.ROOT / "conf")) for path in (support.ROOT / "conf").rglob("*")
                  if path.is_file())
    pages = [f"share/man/man{page.suffix[1:]}/{page.name}" for page in support.ROOT.glob("man/*.[1-9]")]
    tools = [f"bin/{tool.name}" for tool in support.ROOT.glob("scripts/reelgate-*")]
    wanted = sorted([*pages, *tools, *(f"share/doc/reelgate/examples/{name}" for name in conf),
                     CONF, "lib/systemd/system/reelgate.service", "lib/systemd/system/reelgate.socket",
                     "lib/sysusers.d/reelgate.conf", "sbin/reelgate", "share/doc/reelgate/folders"])
    place = folder / "prefix"
    prefix = f"prefix={place}"
    with report.row("make install: exactly these files"):
        make("install", prefix)
        equal(files_below(place), wanted, "files")
    with report.row("make install: the program runs, and may be run by all"):
        make("install", prefix)
        done = subprocess.run([place / "sbin/reelgate", "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("reelgate "), done.stdout
        equal(oct((place / "sbin/reelgate").stat().st_mode & 0o7777), "0o755", "mode")
    with report.row("make install: units and examples name its own paths, and no others"):
        make("install", prefix)
        unit = (place / "lib/systemd/system/reelgate.service").read_text()
        assert f"ExecStart={place}/sbin/reelgate serve --config {place}/{CONF}\n" in unit, unit
        assert f'"{place}/sbin/reelgate"' in (place / "share/doc/reelgate/examples/lighttpd/spawn.conf").read_text()
        found = [path for path in files_below(place) if not path.startswith(("sbin/", "bin/"))
                 and re.search(r"/usr/local/(sbin|etc)", (place / path).read_text(errors="replace"))]
        equal(found, [], "files that name /usr/local")
    with report.row("make install, again: the same files"):
        make("install", prefix)
        make("install", prefix)
        equal(files_below(place), wanted, "files")
    with report.row("make uninstall: no file and no folder is left"):
        make("install", prefix)
        make("uninstall", prefix)
        assert not place.exists(), everything_below(place)
    with report.row("make uninstall, again: does nothing"):
        make("install", prefix)
        make("uninstall", prefix)
        equal(make("uninstall", prefix).stdout, "", "output")


def check_kept(report, folder):
    place = folder / "kept"
    prefix = f"prefix={place}"
    (place / "sbin").mkdir(parents=True)
    (place / "share/man").mkdir(parents=True)
    (place / "sbin/other").write_text("somebody else's\n")
    before = everything_below(place)
    with report.row("install and uninstall: files and folders of others stay, empty ones too"):
        make("install", prefix)
        make("uninstall", prefix)
        equal(everything_below(place), before, "what is there")
    with report.row("install: a changed reelgate.conf is kept, and it says so"):
        make("install", prefix)
        (place / CONF).write_text("threads = 3\n")
        said = make("install", prefix).stdout
        equal((place / CONF).read_text(), "threads = 3\n", "text")
        assert f"{place}/{CONF}: kept" in said, said
    with report.row("uninstall: a changed reelgate.conf is kept, and it says so"):
        make("install", prefix)
        (place / CONF).write_text("threads = 3\n")
        said = make("uninstall", prefix).stdout
        equal(everything_below(place), sorted([*before, "etc", "etc/reelgate", CONF]), "what is there")
        assert f"{place}/{CONF}: kept" in said, said
    with report.row("DESTDIR, with a space in it: all below it, and as without it"):
        root = folder / "a package"
        make("install", f"DESTDIR={root}", "prefix=/usr", "sysconfdir=/etc")
        assert (root / "usr/sbin/reelgate").exists() and (root / CONF).exists(), everything_below(root)
        unit = (root / "usr/lib/systemd/system/reelgate.service").read_text()
        assert "ExecStart=/usr/sbin/reelgate serve --config /etc/reelgate/reelgate.conf\n" in unit, unit
        make("uninstall", f"DESTDIR={root}", "prefix=/usr", "sysconfdir=/etc")
        assert not root.exists(), everything_below(root)
    for name, word in (("a space", f"prefix={folder}/a b"), ("a relative path", "sbindir=sbin")):
        with report.row(f"install: {name} in a place is refused, and nothing is done"):
            done = make("install", word, f"DESTDIR={folder}/refused", check=False)
            assert done.returncode != 0 and "has to be an absolute path" in done.stdout, done.stdout
            assert not (folder / "refused").exists(), "something was installed"


def clone(folder):
    """A fresh clone, with what is not committed yet; it borrows our objects, to spare making them again."""
    place = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", support.ROOT, place], check=True)
    changed = subprocess.run(["git", "ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard"],
                             cwd=support.ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, changed):
        (place / name).unlink(missing_ok=True)
        if (support.ROOT / name).exists():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(support.ROOT / name, place / name)
    built = support.BUILT.parent
    if built == support.ROOT / "build":
        for path in [*place.glob("src/**/*"), *place.glob("conf/*"), place / "Makefile"]:
            os.utime(path, ns=(0, 0))  # a clone's files are all new: older than what was made of them
        shutil.copytree(built / "src", place / "build/src", copy_function=shutil.copy2)
        for path in [built / "reelgate", *built.glob("*.inc")]:
            shutil.copy2(path, place / "build" / path.name)
    return place


def check_package(report, folder):
    """Makes the package; its path."""
    place = clone(folder)
    make("deb", folder=place)
    packages = list((place / "build").glob("*.deb"))
    version = re.search(r"^version := (\S+)$", (support.ROOT / "Makefile").read_text(), re.MULTILINE).group(1)
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                                  check=True).stdout.strip()
    with report.row("make deb: one package, named after version and architecture"):
        equal([path.name for path in packages], [f"reelgate_{version}-1_{architecture}.deb"], "packages")
    package = packages[0]
    with report.row("make deb: nothing else is left beside it"):
        assert not (place / "build/deb").exists()
    with report.row("package: lintian has no errors, and no warnings but those that are meant"):
        done = subprocess.run(["lintian", "--allow-root", "--tag-display-limit", "0", package], capture_output=True,
                              text=True, check=False)
        tags = [line for line in done.stdout.splitlines() if line.split()[2] not in EXPECTED_TAGS]
        equal(tags, [], "tags")
    with report.row("package: what it depends on, and that all is root's"):
        fields = subprocess.run(["dpkg-deb", "--field", package, "Depends"], capture_output=True, text=True,
                                check=True).stdout
        for library in ("libc6", "libfcgi0ldbl", "libsqlite3-0", "libboost-program-options"):
            assert library in fields, fields
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacking, \
                tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
            owners = {(member.uid, member.gid, member.mode & 0o022) for member in archive}
        equal(owners, {(0, 0, 0)}, "owner, group, writable for others")
    with report.row("package: the same sources give the same bytes"):
        first = package.read_bytes()
        make("deb", folder=place)
        assert package.read_bytes() == first, "another package"
    return package


def put(where, source, place):
    with open(source, "rb") as file:
        where.run("sh", "-c", f"mkdir -p $(dirname {place}) && cat >{place}", stdin=file)


def exists(where, place):
    return where.run("test", "-e", place, check=False).returncode == 0


def status_of(where):
    done = where.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", "reelgate", check=False)
    return done.stdout if done.returncode == 0 else "none"


class Package:
    """The package on a machine. Knows what the machine has of it: each row is given what it needs, whichever rows ran
    before, and what is there is not made again."""

    def __init__(self, where, file):
        self.where = where
        # "nothing", "package", "film" for a package and a film, "kept" for a film whose package was purged; None where
        # that is not known.
        self.has = None
        put(where, file, "/root/reelgate.deb")
        put(where, support.CLIP, "/root/sample.mp4")

    def need(self, *wanted):
        """Has the machine have one of what is wanted, the first unless it is there."""
        if self.has in wanted:
            return
        wanted = wanted[0]
        if wanted == "kept":
            self.need("film")
            self.where.run("dpkg", "--purge", "reelgate")
        elif (self.has, wanted) != ("package", "film"):
            self.take_away()
            if wanted != "nothing":
                self.install()
                self.where.run("cp", "/etc/reelgate/reelgate.conf", "/root/shipped.conf")
        if wanted == "film":
            self.add()
        self.has = wanted

    def take_away(self):
        """Takes all of it away: whatever a row has left, or one that failed."""
        self.where.run("sh", "-c", f"dpkg --purge reelgate; rm -rf /var/lib/reelgate {SITE_CONF} "
                       "/etc/systemd/system/reelgate.service.d; systemctl daemon-reload; systemctl reset-failed",
                       check=False)

    def install(self):
        self.where.run("dpkg", "-i", "/root/reelgate.deb")

    def add(self):
        self.where.run("reelgate", "add", "/root/sample.mp4")

    def spoil(self):
        """Says that it is not known what the machine has, as long as a row changes that."""
        self.has = None

    def put_conf_back(self):
        self.where.run("cp", "/root/shipped.conf", "/etc/reelgate/reelgate.conf")


def check_installed(report, where, package):
    """From the installation to the purge."""
    kind = where.kind
    with report.row(f"{kind}: installs, and the program runs"):
        package.need("nothing")
        package.spoil()
        package.install()
        assert where.run("reelgate", "--version").stdout.startswith("reelgate "), "--version"
        where.run("cp", "/etc/reelgate/reelgate.conf", "/root/shipped.conf")
        package.has = "package"
    with report.row(f"{kind}: an empty catalogue is there, and belongs to the service's user"):
        package.need("package")
        equal(where.run("stat", "-c", "%U:%G", "/var/lib/reelgate", "/var/lib/reelgate/catalog.db").stdout,
              "reelgate:reelgate\nreelgate:reelgate\n", "owners")
    with report.row(f"{kind}: a film can be added and got"):
        package.need("package")
        package.spoil()
        package.add()
        said = where.run("reelgate", "get", "--method", "HEAD", "--range", "0-1", "sample").stdout
        assert "Content-Length: 2\n" in said, said
        package.has = "film"
    with report.row(f"{kind}: both units are enabled"):
        package.need("package", "film")
        for unit in ("sockets.target.wants/reelgate.socket", "multi-user.target.wants/reelgate.service"):
            where.run("test", "-L", f"/etc/systemd/system/{unit}")
    if kind == "systemd":
        check_service(report, where, package)
        check_newcomer(report, where, package)
    with report.row(f"{kind}: an upgrade keeps conf and catalogue"):
        package.need("film")
        package.spoil()
        where.run("sh", "-c", "echo 'threads = 3' >/etc/reelgate/reelgate.conf")
        package.install()
        equal(where.run("cat", "/etc/reelgate/reelgate.conf").stdout, "threads = 3\n", "conf")
        where.run("reelgate", "get", "--method", "HEAD", "sample")
        package.put_conf_back()
        package.has = "film"
    with report.row(f"{kind}: a purge keeps films, and says so"):
        package.need("film")
        package.spoil()
        where.run("sh", "-c", "echo 'threads = 3' >/etc/reelgate/reelgate.conf")
        where.run("dpkg", "--remove", "reelgate")
        equal((status_of(where), exists(where, "/usr/sbin/reelgate")), ("config-files", False), "status, program")
        said = where.run("dpkg", "--purge", "reelgate").stdout
        assert exists(where, "/var/lib/reelgate/videos/sample.mp4") and "films" in said, said
        package.has = "kept"
    with report.row(f"{kind}: installed anew it finds them; without films, a purge leaves nothing"):
        package.need("kept")
        package.spoil()
        package.install()
        where.run("reelgate", "get", "--method", "HEAD", "sample")
        where.run("rm", "/var/lib/reelgate/videos/sample.mp4")
        where.run("dpkg", "--purge", "reelgate")
        left = where.run("sh", "-c", "find /etc /usr /var/lib /run -xdev -name '*reelgate*' ! -path '*/sudo/*'").stdout
        equal((status_of(where), left), ("none", ""), "status, what is left")


# What `make install` needs of the sources, beside the program.
SOURCES = ("Makefile", "conf", "man", "scripts")


class Enabled:
    """README's own commands, on a machine that has no package."""

    def __init__(self, where, package, folder):
        self.where, self.package, self.folder = where, package, folder
        self.is_done = False

    def need(self):
        """Installs and enables it, unless that is done."""
        if self.is_done:
            return
        self.package.need("nothing")
        with tarfile.open(self.folder / "sources.tar", "w") as archive:
            for name in SOURCES:
                archive.add(support.ROOT / name, name)
            archive.add(support.PROGRAM, "build/reelgate")
        put(self.where, self.folder / "sources.tar", "/root/sources/sources.tar")
        self.where.run("tar", "-C", "/root/sources", "-xf", "/root/sources/sources.tar")
        self.before = self.there()
        done = self.make("install")
        equal((done.returncode, done.stdout), (0, ""), "exit status, output")
        self.where.run("sh", "-ec", "systemd-sysusers; reelgate init; chown -R reelgate: /var/lib/reelgate; systemctl "
                       "daemon-reload; systemctl enable --now reelgate.socket; systemctl start reelgate.service")
        self.is_done = True

    def make(self, target):
        return self.where.run("make", "-s", "-C", "/root/sources", "-o", "all", target, check=False)

    def there(self):
        return self.where.run("find", "/usr/local", "/etc/systemd").stdout


def check_enabled(report, where, package, folder):
    """What README says, and the way back."""
    enabled = Enabled(where, package, folder)
    refusal = ": is enabled; first run `systemctl disable --now"
    with report.row("systemd: make uninstall, while the units are enabled: refused, and nothing is done"):
        enabled.need()
        installed = enabled.there()
        done = enabled.make("uninstall")
        assert done.returncode != 0 and refusal in done.stdout, done.stdout
        equal(enabled.there(), installed, "what is there")
    with report.row("systemd: make uninstall, after the command that it named: nothing is left, and nothing runs"):
        enabled.need()
        done = enabled.make("uninstall")
        assert done.returncode != 0 and refusal in done.stdout, done.stdout
        where.run("sh", "-ec", re.search("`(.*)`", done.stdout).group(1))
        done = enabled.make("uninstall")
        equal((done.returncode, done.stdout), (0, ""), "exit status, output")
        equal(enabled.there(), enabled.before, "what is there")
        states = where.run("systemctl", "is-active", "reelgate.socket", "reelgate.service", check=False).stdout.split()
        equal(states, ["inactive", "inactive"], "states")


def check_service(report, where, package):
    for name in ("fastcgi", "support"):
        put(where, support.ROOT / f"tests/lib/{name}.py", f"/root/tests/lib/{name}.py")

    def load(number):
        where.run("env", "PYTHONPATH=/root/tests/lib", "python3", "-c", LOAD, number)

    with report.row("systemd: restarted and reloaded under load, while rows are written: every request is answered"):
        package.need("film")
        where.run("systemctl", "reset-failed")
        load(1)
    with report.row("systemd: it runs as its own user, and can write the catalogue's folder and nothing else"):
        package.need("package", "film")
        where.run("sh", "-c", "systemctl reset-failed; systemctl start reelgate.service")
        pid = where.run("systemctl", "show", "--property=MainPID", "--value", "reelgate").stdout.strip()
        equal(where.run("stat", "-c", "%U %G", f"/proc/{pid}").stdout, "reelgate reelgate\n", "user, group")
        mounts = where.run("cat", f"/proc/{pid}/mounts").stdout
        options = {line.split()[1]: line.split()[3].split(",")[0] for line in mounts.splitlines()}
        equal([options.get(place) for place in ("/", "/var/lib/reelgate", "/var/lib/reelgate/videos")],
              ["ro", "rw", "ro"], "mounts")
    with report.row("systemd: an upgrade under load: every request is answered"):
        package.need("film")
        where.run("sh", "-c", "systemctl reset-failed; env PYTHONPATH=/root/tests/lib python3 -c \"$0\" 2 & load=$!; "
                  "dpkg -i /root/reelgate.deb; wait $load", LOAD)
    with report.row("systemd: started by the first who asks"):
        package.need("film")
        where.run("sh", "-c", "systemctl reset-failed; systemctl stop reelgate.service")
        load(3)


# An application's machine: its own user, who lets nobody else in; a database of other names, in a folder whose name means
# something to a shell and to systemd; a web server.
APPLICATION = """
useradd --system app
mkdir -p "/srv/my app/100%n db" "/srv/my app/media"
cd "/srv/my app"
cp /root/sample.mp4 media/holiday.mp4
sqlite3 "100%n db/app.sqlite3" "PRAGMA journal_mode = WAL;
    CREATE TABLE clips (slug TEXT PRIMARY KEY, state TEXT, path TEXT);
    INSERT INTO clips VALUES ('holiday', 'complete', 'holiday.mp4')"
chown -R app:app .
chmod 750 . "100%n db" media
"""

# What an administrator adds, besides the path of the films.
LINES = """
videos = /srv/my app/media
database = /srv/my app/100%n db/app.sqlite3
query = SELECT state AS status, path AS file FROM clips WHERE slug = ?1
"""

SITE = """
cp /usr/share/doc/reelgate/examples/nginx/reelgate.conf /etc/nginx/snippets/
cp /usr/share/doc/reelgate/examples/nginx/upstream.conf /etc/nginx/conf.d/
echo "server { listen 80; include snippets/reelgate.conf; }" >/etc/nginx/sites-available/default
systemctl start nginx
"""


SITE_CONF = "/etc/nginx/snippets/reelgate.conf"


def lines_with_remedy(where):
    said = where.run("journalctl", "--unit", "reelgate", "--output", "cat", "--no-pager").stdout
    return [line for line in said.splitlines() if "`" in line]


def check_newcomer(report, where, package):
    """The way of somebody who has a database and a web server already, and goes by what the log says."""
    conf = "/etc/reelgate/reelgate.conf"
    with report.row("systemd: a database below /tmp, where the unit has its own: the log names PrivateTmp="):
        package.need("package", "film")
        where.run("sh", "-ec", f"touch /tmp/app.sqlite3; echo 'database = /tmp/app.sqlite3' >>{conf}")
        assert where.run("systemctl", "restart", "reelgate", check=False).returncode != 0, "starts"
        where.run("sh", "-ec", f"rm /tmp/app.sqlite3; sed -i '/^database/d' {conf}")
        said = where.run("journalctl", "--unit", "reelgate", "--output", "cat", "--no-pager").stdout
        assert "/tmp/app.sqlite3: No such file or directory for reelgate.service, whose PrivateTmp= " in said, said
    with report.row("systemd: listen beside reelgate.socket: --check-config says who listens there"):
        package.need("package", "film")
        done = where.run("reelgate", "--check-config", "--listen", "unix:/run/reelgate/reelgate.sock", check=False)
        assert done.returncode == 1 and ": systemd listens there (reelgate.socket?): " in done.stdout, done.stdout
    with report.row("systemd: another's database and nginx: what the log says leads to where the probe is all green"):
        package.need("film")
        package.spoil()
        where.run("sh", "-ec", APPLICATION)
        where.run("sh", "-c", f"echo '{LINES}' >>{conf}")
        where.run("sh", "-ec", SITE)
        remedies = []
        # Folder, database and -shm have each their own right, and the unit its sandbox.
        lines = lines_with_remedy(where)
        while where.run("sh", "-c", "systemctl reset-failed; systemctl restart reelgate", check=False).returncode != 0:
            before = len(lines)
            # The journal takes lines when it comes to it.
            support.wait_until(lambda: len(lines_with_remedy(where)) > before, "a line with a remedy")
            lines = lines_with_remedy(where)
            remedy = re.findall(r"`([^`]+)`", lines[-1])[0]
            assert remedy not in remedies, f"said again, though it was done: {lines}"
            remedies.append(remedy)
            where.run("sh", "-ec", remedy)
        said = where.run("reelgate-probe", "http://127.0.0.1/api/stream/holiday").stdout
        assert " 0 failed" in said, said
        assert any("ReadWritePaths" in remedy for remedy in remedies), remedies
        where.run("sh", "-c", f"systemctl stop nginx; rm -rf {SITE_CONF} /etc/systemd/system/reelgate.service.d")
        package.put_conf_back()
        where.run("sh", "-c", "systemctl daemon-reload; systemctl reset-failed; systemctl restart reelgate")
        package.has = "film"


def check_machines(report, package, folder):
    with report.group("the package can be installed here"):
        assert machine.may_install(), "installing a package needs root, or sudo without a password"
        is_tried = False
        for kind in ("systemd", "bare"):
            try:
                with machine.Machine(kind) as where:
                    is_tried = True
                    on_it = Package(where, package)
                    check_installed(report, where, on_it)
                    if kind == "systemd":
                        check_enabled(report, where, on_it, folder)
            except machine.CannotMake as why:
                print(f"note: the package is not tried on a machine of its own ({kind}): {why}")
        if not is_tried:
            with machine.Here() as where:
                check_installed(report, where, Package(where, package))


def main():
    report = support.Report()
    with support.Folder() as folder:
        check_pair(report, folder)
        check_kept(report, folder)
        check_machines(report, check_package(report, folder), folder)
    report.finish()


main()
