"""Owns the real web servers of the tests: each is started with the file that we ship for it.

Only the paths that an administrator would look at are replaced in that file.
SPDX-License-Identifier: MIT
"""
import os
import pathlib
import re
import shutil
import subprocess

import signing
import support

# The only parts of the shipped files that an administrator adapts.
PATHS = {
    "program": "/usr/local/sbin/reelgate",
    "data": "/var/lib/reelgate",
    "lighttpd_sockets": "/run/lighttpd/reelgate.sock",
    "socket": "/run/reelgate/reelgate.sock",
    "address": "bind :80",
    "caddy_socket": "unix//run/reelgate/reelgate.sock",
    "site": ":80 {",
    "application": "127.0.0.1:8000",
    "authorizer": "127.0.0.1:9001",
    "authorizer_port": "9001",
    "cgi_program": "/usr/local/lib/cgi-bin/watch",
}

# The file that names the socket to nginx, for all sites.
UPSTREAM = "nginx/upstream.conf"

# Debian's user of every web server. Without root everything runs as the user of the tests.
USER = "www-data"
IS_ROOT = os.geteuid() == 0


def key_file(folder):
    """A file with the key of links, which a web server's user may read as a packaged one."""
    keys = signing.write_keys(folder / "keys", signing.KEY)
    if IS_ROOT:
        shutil.chown(keys, group=USER)
    return keys


def make_certificate(folder):
    """A key and the certificate that it has signed itself, in one file."""
    key, pem = folder / "key.pem", folder / "site.pem"
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                           "-days", "2", "-keyout", key, "-out", pem], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl: {done.stderr.strip()}")
    pem.write_text(pem.read_text() + key.read_text())
    return pem


# Lines to leave out of the shipped files, for the tests that show the purpose of a line.
left_out = set()


def check_lines(report, lines, running):
    """Rows for the purpose of lines: without its line, what a row names does not hold. `running` starts a server."""
    for kind, line, holds in lines:
        with report.row(f"{kind.name}: without {line}, not: {holds.__name__.replace('_', ' ')}"), \
                running(kind, [line]) as server:
            try:
                holds(server)
            except AssertionError:
                continue
            raise AssertionError("it holds without the line as well: what is it there for?")


def shipped(name, **places):
    """The text of a file in conf/, with some of PATHS replaced. A path that is not there is an error: the file has
    changed, and the test with it."""
    lines = (support.ROOT / "conf" / name).read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if line.strip() not in left_out)
    for key, place in places.items():
        if PATHS[key] not in text:
            raise RuntimeError(f"conf/{name} does not name {PATHS[key]}")
        text = text.replace(PATHS[key], str(place))
    return text


class Server:
    """A web server on a free port of the loopback interface, with reelgate behind it; with `tls` it speaks HTTP/2 and
    HTTP/1.1 over TLS there."""
    name = ""

    def __init__(self, folder, volume, log_level="notice", tls=False):
        self.folder = pathlib.Path(folder)
        self.pem = make_certificate(self.folder) if tls else None
        self.volume = volume
        self.environment = support.clean_environment(REELGATE_LOG_LEVEL=log_level)
        self.log = self.folder / "server.log"
        # A copy, as an installation makes one: the web server's user may not be able to enter our build folder.
        self.program = self.folder / "reelgate"
        shutil.copy(support.PROGRAM, self.program)
        self.processes = []

    def __enter__(self):
        if IS_ROOT:
            self.volume.give_to(USER)
            shutil.chown(self.folder, USER, USER)
        try:
            self.port = self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            for process in reversed(self.processes):
                support.stop(process)
        finally:
            support.wait_until(lambda: not support.processes_of(self.program), f"{self.name}: no reelgate left")

    def spawn(self, *command, **more):
        with open(self.log, "ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, env=self.environment, **more)
        self.processes.append(process)
        return process

    def reelgate_log(self):
        """What reelgate has written so far, wherever this web server puts it."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))

    def start_reelgate(self, *options):
        """Starts reelgate by itself, as the web server's user; the path of its socket."""
        place = str(self.folder / "running.sock")
        process = self.spawn(self.program, "--data", self.volume.path, "--listen", f"unix:{place}", *options,
                             **({"user": USER, "group": USER, "extra_groups": []} if IS_ROOT else {}))
        support.wait_until(lambda: support.can_connect(place), "reelgate", process)
        return place

    def spawn_on_free_port(self, make_command):
        """Starts a server that cannot choose a port by itself. Somebody may take the port between our look and its
        bind: then it ends, and another is tried."""
        for _ in range(10):
            port = support.free_port()
            process = self.spawn(*make_command(port))
            try:
                support.wait_until(lambda: support.can_connect(("127.0.0.1", port)), self.name, process)
                return port
            except RuntimeError:
                if process.poll() is None:
                    raise
        raise RuntimeError(f"{self.name} does not start: {self.log.read_text(errors='replace')[-2000:]}")

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class Lighttpd(Server):
    """lighttpd with one of the shipped files, included by a main file that adds only what any site has."""
    extra = ""

    def start_lighttpd(self, fragment):
        self.write("reelgate.conf", fragment)

        def command(port):
            user = f'server.username = "{USER}"\nserver.groupname = "{USER}"\n' if IS_ROOT else ""
            tls = (f'server.modules += ( "mod_openssl" )\nssl.engine = "enable"\nssl.pemfile = "{self.pem}"\n'
                   if self.pem else "")
            return ["/usr/sbin/lighttpd", "-D", "-f", self.write("lighttpd.conf", f"""
server.document-root = "{self.folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{self.folder}/lighttpd.log"
server.upload-dirs = ( "{self.folder}" )
server.breakagelog = "{self.folder}/reelgate.log"
{user}{tls}{self.extra}
include "{self.folder}/reelgate.conf"
""")]
        return self.spawn_on_free_port(command)


class LighttpdSpawn(Lighttpd):
    name = "lighttpd, which starts reelgate"

    def start(self):
        port = self.start_lighttpd(shipped("lighttpd/spawn.conf", program=self.program, data=self.volume.path,
                                           lighttpd_sockets=self.folder / "spawned.sock"))
        # It listens before its child has become reelgate, which nobody would wait for at the end.
        support.wait_until(lambda: support.processes_of(self.program), "reelgate", self.processes[-1])
        return port


class LighttpdConnect(Lighttpd):
    name = "lighttpd, connecting to a running reelgate"

    def start(self):
        return self.start_lighttpd(shipped("lighttpd/connect.conf", socket=self.start_reelgate()))


class LighttpdOffload(Lighttpd):
    name = "lighttpd, sending files itself"
    options = ()

    def start(self):
        place = self.start_reelgate("--offload", "x-sendfile", *self.options)
        return self.start_lighttpd(shipped("lighttpd/offload.conf", socket=place, data=self.volume.path))


class Apache(Server):
    """Apache with one of the shipped files, included by a main file that adds only what any site has."""
    modules = []
    extra = ""

    def start_apache(self, fragment):
        fragment = self.write("reelgate.conf", fragment)
        modules, tls = self.modules, ""
        if self.pem:
            modules = [*modules, "ssl", "http2"]
            tls = f"Protocols h2 http/1.1\nSSLEngine on\nSSLCertificateFile {self.pem}\n"
        loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules)

        def command(port):
            user = f"User {USER}\nGroup {USER}\n" if IS_ROOT else ""
            return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", self.write("apache.conf", f"""
ServerRoot {self.folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {self.folder}/apache.pid
ErrorLog {self.folder}/apache.log
DocumentRoot {self.folder}
{loads}
{user}{tls}{self.extra}
Include {fragment}
""")]
        return self.spawn_on_free_port(command)


class ApacheFcgid(Apache):
    name = "Apache with mod_fcgid"
    modules = ["mpm_event", "authz_core", "fcgid"]

    def start(self):
        # mod_fcgid does not pass its own environment on, and cuts off what is longer than 127 bytes.
        options = self.write("reelgate.options", "".join(
            f"{name.removeprefix('REELGATE_').lower().replace('_', '-')} = {value}\n"
            for name, value in self.environment.items() if name.startswith("REELGATE_")))
        self.extra += (f"FcgidIPCDir {self.folder}\nFcgidProcessTableFile {self.folder}/fcgid_shm\n"
                       f"FcgidInitialEnv REELGATE_CONFIG {options}\n")
        return self.start_apache(shipped("apache/mod_fcgid.conf", program=self.program, data=self.volume.path))


class ApacheProxy(Apache):
    name = "Apache with mod_proxy_fcgi"
    modules = ["mpm_event", "authz_core", "setenvif", "proxy", "proxy_fcgi"]

    def start(self):
        return self.start_apache(shipped("apache/mod_proxy_fcgi.conf", socket=self.start_reelgate()))


class ApacheOffload(Apache):
    name = "Apache, sending files itself"
    modules = ["mpm_event", "authz_core", "setenvif", "proxy", "proxy_fcgi", "xsendfile"]
    options = ()

    def start(self):
        place = self.start_reelgate("--offload", "x-sendfile", *self.options)
        return self.start_apache(shipped("apache/offload.conf", socket=place, data=self.volume.path))


class ApacheFcgidOffload(ApacheFcgid):
    """mod_fcgid.conf, changed as the head of the shipped offload.conf describes: two of its lines, and a third."""
    name = "Apache with mod_fcgid, sending files itself"
    modules = [*ApacheFcgid.modules, "xsendfile"]
    options = ()

    def start_apache(self, fragment):
        lines = re.findall(r"^ *XSendFile.*\n", shipped("apache/offload.conf", data=self.volume.path), re.MULTILINE)[:2]
        words = iter(["--offload", "x-sendfile", *self.options])
        for word in words:
            name, _, value = word.partition("=")
            value = value or next(words)
            self.extra += f'FcgidInitialEnv REELGATE_{name[2:].upper().replace("-", "_")} "{value}"\n'
        return super().start_apache(re.sub(r"</Location(Match)?>", lambda end: "".join(lines) + end[0], fragment))


class Nginx(Server):
    """nginx with the shipped files, included by a main file that adds only what any site has."""
    name = "nginx"
    extra = ""

    def start(self):
        return self.start_nginx(self.start_reelgate(), shipped("nginx/reelgate.conf"))

    def start_nginx(self, place, fragment):
        self.write("upstream.conf", shipped(UPSTREAM, socket=place))
        self.write("reelgate.conf", fragment)
        temporary = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))

        def command(port):
            user = f"user {USER};\n" if IS_ROOT else ""
            listen = f"listen 127.0.0.1:{port};"
            if self.pem:
                listen = (f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {self.pem}; "
                          f"ssl_certificate_key {self.pem};")
            return ["/usr/sbin/nginx", "-p", self.folder, "-e", self.folder / "nginx.log", "-c",
                    self.write("nginx.conf", f"""
daemon off;
{user}pid {self.folder}/nginx.pid;
error_log {self.folder}/nginx.log;
events {{}}
http {{
{temporary}{self.extra}    access_log off;
    include {self.folder}/upstream.conf;
    server {{
        {listen}
        include {self.folder}/reelgate.conf;
    }}
}}
""")]
        shutil.copy("/etc/nginx/fastcgi_params", self.folder)
        return self.spawn_on_free_port(command)


class NginxOffload(Nginx):
    name = "nginx, sending files itself"
    options = ()

    def start(self):
        place = self.start_reelgate("--offload", "x-accel-redirect", *self.options)
        return self.start_nginx(place, shipped("nginx/offload.conf", data=self.volume.path))


class Haproxy(Server):
    name = "HAProxy"

    def start(self):
        place = self.start_reelgate()

        def command(port):
            tls = f" ssl crt {self.pem} alpn h2,http/1.1" if self.pem else ""
            text = shipped("haproxy/reelgate.cfg", socket=place, address=f"bind 127.0.0.1:{port}{tls}")
            if not IS_ROOT:
                text = re.sub(r"^ *(user|group) .*\n", "", text, flags=re.MULTILINE)
            return ["/usr/sbin/haproxy", "-db", "-f", self.write("haproxy.cfg", text)]
        return self.spawn_on_free_port(command)


class Caddy(Server):
    """Caddy with the shipped file, below global options that keep to the folder and to the port of the test.
    Without a grace period it would wait for the last viewer."""
    name = "Caddy"

    def start(self):
        return self.start_caddy(self.start_reelgate())

    def start_caddy(self, place, change=lambda text: text, name="caddy/Caddyfile", **places):
        self.environment = {**self.environment, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder),
                            "XDG_CONFIG_HOME": str(self.folder)}

        def command(port):
            site = f":{port} {{" + (f"\n    tls {self.pem} {self.pem}" if self.pem else "")
            text = change(shipped(name, caddy_socket=f"unix/{place}", site=site, **places))
            options = f"""
{{
    admin off
    auto_https off
    default_bind 127.0.0.1
    grace_period 1s
    log {{
        output file {self.folder}/caddy.log
    }}
}}
"""
            return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config",
                    self.write("Caddyfile", options + text)]
        return self.spawn_on_free_port(command)


ALL = [LighttpdSpawn, LighttpdConnect, ApacheFcgid, ApacheProxy, Nginx, Haproxy, Caddy]
OFFLOADING = [LighttpdOffload, ApacheOffload, ApacheFcgidOffload, NginxOffload]
