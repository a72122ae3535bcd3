"""Owns reelgate and what it is compared with: starts each of them, on free ports and sockets in a temporary folder.

A peer that cannot be had is left out, and said to be. SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import os
import pathlib
import pwd
import shutil
import subprocess

import servers
import support

HERE = pathlib.Path(__file__).resolve().parent
BUILT = support.ROOT / "build/bench"

# What every peer has to serve: ten ids, one file.
FILE_LENGTH = 1 << 30
TEN, MILLION = 10, 1_000_000

REELGATE, FLOOR, LOOP = "reelgate", "floor", "libfcgi loop"
WHOLE_FLOOR = "floor, all of the film"
PHP, GO, TICKET = "PHP-FPM", "Go ServeContent", "the ticket's FastAPI"
TEN_ROWS, MILLION_ROWS = "reelgate, ten videos", "reelgate, a million videos"
NGINX_FILE, LIGHTTPD_FILE, BEHIND_LIGHTTPD = "nginx, its own file", "lighttpd, its own file", "reelgate behind lighttpd"
# An older build of reelgate, where one is given.
BEFORE = "the program before"
NGINX_TOLD, LIGHTTPD_TOLD = "nginx, told by reelgate", "lighttpd, told by reelgate"

# Those that speak FastCGI: what their sockets are called.
SOCKETS = {REELGATE: "reelgate", FLOOR: "floor", WHOLE_FLOOR: "whole-floor", LOOP: "loop", TEN_ROWS: "ten",
           MILLION_ROWS: "million", PHP: "php", GO: "go", BEFORE: "before"}

# Those that only say which file the front server is to send, and how.
TELLING = {NGINX_TOLD: ("telling-nginx", "x-accel-redirect"), LIGHTTPD_TOLD: ("telling-lighttpd", "x-sendfile")}

# As many as reelgate has by default.
THREADS = max(4, 2 * (os.cpu_count() or 1))


@dataclasses.dataclass
class Peer:
    """What is asked: an HTTP port, and whose processor time that costs. The front server is None where there is none,
    the responder where the front server answers by itself."""
    name: str
    port: int
    responder: int | None
    front: int | None


class Volume(support.Volume):
    """A data volume with ten videos, hard links to one file, and besides a catalogue of a million."""

    def __init__(self, path):
        super().__init__(path)
        self.million = path / "million.db"
        self.write_file(path / "videos/v0000000.mp4")
        for i in range(1, TEN):
            os.link(path / "videos/v0000000.mp4", path / f"videos/v{i:07}.mp4")
        shutil.copy(path / "catalog.db", self.million)
        self.fill(path / "catalog.db", TEN)
        self.fill(self.million, MILLION)

    @staticmethod
    def write_file(path):
        block = os.urandom(1 << 20)
        with open(path, "wb") as file:
            for _ in range(FILE_LENGTH // len(block)):
                file.write(block)
            # Otherwise the kernel writes to the disk while we measure.
            os.fsync(file.fileno())

    def warm(self):
        """Brings the film back into the page cache, where the kernel has thrown parts of it out."""
        with open(self.path / "videos/v0000000.mp4", "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass

    @staticmethod
    def fill(database, count):
        with contextlib.closing(support.sqlite3.connect(database)) as connection, connection:
            connection.executemany("INSERT INTO videos (id, status) VALUES (?, 'complete')",
                                   ((f"v{i:07}",) for i in range(count)))


class Peers:
    """All that runs. A context manager: at its end nothing of it does."""

    def __init__(self, folder, volume, before):
        self.folder = pathlib.Path(folder)
        self.volume = volume
        self.before = before
        self.all = []
        self.absent = []
        self.processes = {}  # by name
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        with self.stack:
            self.start_responders()
            self.start_front_servers()
            self.start_ticket()
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def spawn(self, name, *command, **environment):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, env=support.clean_environment(**environment))
        self.stack.callback(support.stop, process)
        self.processes[name] = process
        return process

    def spawn_on_socket(self, name, *command, **environment):
        """Starts a responder on the socket NAME.sock, which is a word of its command."""
        process = self.spawn(name, *command, **environment)
        support.wait_until(lambda: support.can_connect(self.socket(name)), name, process)
        return process.pid

    def socket(self, name):
        return str(self.folder / f"{name}.sock")

    def start_reelgate(self, name, *options, program=support.PROGRAM):
        return self.spawn_on_socket(name, program, "--data", self.volume.path, "--listen",
                                    f"unix:{self.socket(name)}", *options)

    def start_floor(self, name, memory):
        return self.spawn_on_socket(name, BUILT / "floor", self.socket(name), THREADS, FILE_LENGTH, memory)

    def start_responders(self):
        data = self.volume.path
        # The same query for both, so that they differ in nothing but the number of rows.
        query = "SELECT status, 'v0000000.mp4' AS file FROM videos WHERE id = ?1"
        # Process ids by name.
        self.responders = {
            REELGATE: self.start_reelgate("reelgate"),
            FLOOR: self.start_floor("floor", "once"),
            WHOLE_FLOOR: self.start_floor("whole-floor", "whole"),
            LOOP: self.spawn_on_socket("loop", BUILT / "libfcgi_loop", self.socket("loop"), THREADS, data),
            TEN_ROWS: self.start_reelgate("ten", "--query", query),
            MILLION_ROWS: self.start_reelgate("million", "--query", query, "--database", self.volume.million),
        }
        if self.before:
            self.responders[BEFORE] = self.start_reelgate("before", program=self.before)
        self.telling = {name: self.start_reelgate(socket, "--offload", how) for name, (socket, how) in TELLING.items()}
        self.start_php()
        self.start_go()

    def start_php(self):
        programs = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))
        if not programs:
            self.absent.append(f"{PHP}: php-fpm is not installed")
            return
        user = pwd.getpwuid(os.geteuid()).pw_name
        configuration = self.folder / "php.conf"
        configuration.write_text(f"""
[global]
error_log = {self.folder}/php.log
daemonize = no
[bench]
user = {user}
listen = {self.socket("php")}
pm = static
pm.max_children = 16
""")
        as_root = ["-R"] if servers.IS_ROOT else []
        self.responders[PHP] = self.spawn_on_socket("php", programs[0], "-F", "-y", configuration, *as_root)

    def start_go(self):
        go = shutil.which("go")
        if not go:
            self.absent.append(f"{GO}: go is not installed")
            return
        program = BUILT / "serve_content"
        built = subprocess.run([go, "build", "-o", program, HERE / "serve_content.go"], capture_output=True, text=True,
                               env={**os.environ, "GOCACHE": str(BUILT / "go-cache")}, check=False)
        if built.returncode != 0:
            self.absent.append(f"{GO}: {built.stderr.strip()[-200:]}")
            return
        self.responders[GO] = self.spawn_on_socket("go", program, self.socket("go"), self.volume.path)

    def start_ticket(self):
        have = subprocess.run(["/usr/bin/python3", "-c", "import aiosqlite, fastapi, sqlalchemy, uvicorn"],
                              capture_output=True, check=False)
        if have.returncode != 0:
            self.absent.append(f"{TICKET}: fastapi, uvicorn, sqlalchemy or aiosqlite is not installed")
            return
        process, (port,) = self.spawn_on_ports("ticket", 1, lambda ports: [
            "/usr/bin/python3", "-B", "-m", "uvicorn", "--app-dir", HERE, "--port", ports[0], "--log-level", "warning",
            "--no-access-log", "ticket_app:app"], DATA_PATH=str(self.volume.path))
        self.all.append(Peer(TICKET, port, process.pid, None))

    def spawn_on_ports(self, name, count, make_command, **environment):
        """Starts a server on free ports. Somebody may take one between our look and its bind: then others are tried."""
        for _ in range(5):
            ports = [support.free_port() for _ in range(count)]
            process = self.spawn(name, *make_command(ports), **environment)
            try:
                support.wait_until(lambda: all(support.can_connect(("127.0.0.1", port)) for port in ports), name,
                                   process)
                return process, ports
            except RuntimeError:
                if process.poll() is None:
                    raise
        raise RuntimeError(f"{name} does not start: {(self.folder / f'{name}.log').read_text()[-2000:]}")

    def start_front_servers(self):
        if shutil.which("nginx", path="/usr/sbin:/usr/bin"):
            self.start_nginx()
        else:
            self.absent.append("all that is behind nginx: nginx is not installed")
        if shutil.which("lighttpd", path="/usr/sbin:/usr/bin"):
            self.start_lighttpd()
        else:
            self.absent.append(f"{LIGHTTPD_FILE}, {BEHIND_LIGHTTPD}, {LIGHTTPD_TOLD}: lighttpd is not installed")

    def nginx_sites(self):
        """What nginx does on a port of its own, by peer. Each responder is behind the block that we ship."""
        sites = {name: servers.shipped("nginx/reelgate.conf").replace("fastcgi_pass reelgate;",
                                                                      f"fastcgi_pass {SOCKETS[name]};")
                 for name in self.responders}
        if PHP in sites:
            sites[PHP] = sites[PHP].rstrip().removesuffix("}") + (
                f"    fastcgi_param SCRIPT_FILENAME {HERE}/stream.php;\n"
                f"    fastcgi_param DATA {self.volume.path};\n}}\n")
        sites[NGINX_FILE] = (f"location ~ ^/api/stream/(v[0-9]+)$ {{ default_type video/mp4;\n"
                             f"alias {self.volume.path}/videos/$1.mp4; }}\n")
        sites[NGINX_TOLD] = self.told("nginx", NGINX_TOLD)
        return sites

    def told(self, kind, name):
        """The block that we ship for a front server that sends the files itself."""
        socket = TELLING[name][0]
        if kind == "nginx":
            return servers.shipped("nginx/offload.conf", data=self.volume.path).replace("fastcgi_pass reelgate;",
                                                                                        f"fastcgi_pass {socket};")
        return servers.shipped(f"{kind}/offload.conf", socket=self.socket(socket), data=self.volume.path)

    def upstreams(self):
        """The shipped upstream block for each responder. Those with a thread or a process for each connection would
        have all of them held by connections that are kept."""
        for name in [*(SOCKETS[name] for name in self.responders), TELLING[NGINX_TOLD][0]]:
            text = servers.shipped(servers.UPSTREAM, socket=self.socket(name)).replace("upstream reelgate",
                                                                                       f"upstream {name}")
            yield text.replace("    keepalive 16;\n", "") if name in (SOCKETS[LOOP], SOCKETS[PHP]) else text

    def start_nginx(self):
        sites = self.nginx_sites()
        temporary = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        shutil.copy("/etc/nginx/fastcgi_params", self.folder)

        def command(ports):
            blocks = "".join(f"    server {{\n        listen 127.0.0.1:{port};\n{site}    }}\n"
                             for port, site in zip(ports, sites.values()))
            configuration = self.folder / "nginx.conf"
            configuration.write_text(f"""
daemon off;
{"user root;" if servers.IS_ROOT else ""}
worker_processes auto;
pid {self.folder}/nginx.pid;
error_log {self.folder}/nginx.log;
events {{}}
http {{
{temporary}    access_log off;
    sendfile on;
{"".join(self.upstreams())}
{blocks}}}
""")
            return ["/usr/sbin/nginx", "-p", self.folder, "-e", self.folder / "nginx.log", "-c", configuration]

        process, ports = self.spawn_on_ports("nginx", len(sites), command)
        responders = {**self.responders, **self.telling}
        self.all += [Peer(name, port, responders.get(name), process.pid) for name, port in zip(sites, ports)]

    def start_lighttpd(self):
        relay = servers.shipped("lighttpd/connect.conf", socket=self.socket("reelgate"))
        sites = {BEHIND_LIGHTTPD: relay, LIGHTTPD_FILE: f"""
server.modules += ( "mod_alias", "mod_rewrite" )
url.rewrite-once = ( "^/api/stream/(v[0-9]+)$" => "/videos/$1.mp4" )
alias.url = ( "/videos/" => "{self.volume.path}/videos/" )
mimetype.assign = ( ".mp4" => "video/mp4" )
""", LIGHTTPD_TOLD: self.told("lighttpd", LIGHTTPD_TOLD)}
        responders = {**self.telling, BEHIND_LIGHTTPD: self.responders[REELGATE]}
        for i, (name, site) in enumerate(sites.items()):
            configuration = self.folder / f"lighttpd-{i}.conf"

            def command(ports, site=site, configuration=configuration):
                configuration.write_text(f'server.document-root = "{self.folder}"\nserver.bind = "127.0.0.1"\n'
                                         f'server.port = {ports[0]}\n{site}')
                return ["/usr/sbin/lighttpd", "-D", "-f", configuration]

            process, (port,) = self.spawn_on_ports(f"lighttpd-{i}", 1, command)
            self.all.append(Peer(name, port, responders.get(name), process.pid))
