"""Users of the web server's: its own log-in tells reelgate who asks, and the query what they may watch. Through each
web server with its shipped file and the lines of the manual.

SPDX-License-Identifier: MIT
"""
import base64
import contextlib
import re
import subprocess

import access
import servers
import support
from support import equal

FILM = support.position_coded(20_000)
MANUAL = (support.ROOT / "man/reelgate-access.7").read_text()
USERS = {"ada": "of-ada", "bob": "of-bob"}


def lines_of(name, **places):
    """What the manual has for a web server, in the order of its parts; with other places of files."""
    found = re.findall(rf'^\.\\" users: {name}\n\.Bd -literal[^\n]*\n(.*?)^\.Ed$', MANUAL, re.MULTILINE | re.DOTALL)
    assert found, f"the manual has nothing for {name}"
    blocks = [block.replace("\\e", "\\").replace("\\&", "") for block in found]
    for old, new in places.items():
        assert any(PLACES[old] in block for block in blocks), f"{name}: no {PLACES[old]}"
        blocks = [block.replace(PLACES[old], str(new)) for block in blocks]
    return blocks


PLACES = {"nginx": "/etc/nginx/films.htpasswd", "apache": "/etc/apache2/films.htpasswd",
          "lighttpd": "/etc/lighttpd/films.htpasswd", "haproxy": "user ada insecure-password secret",
          "caddy": "ada HASH"}


def put(text, place, lines):
    """Puts lines behind the line `place`, which is there once."""
    assert text.count(place) == 1, f"{place}: {text.count(place)} times"
    return text.replace(place, place + lines)


def write_users(folder):
    """As htpasswd would."""
    path = folder / "htpasswd"
    with open(path, "w") as file:
        for name, password in USERS.items():
            done = subprocess.run(["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True)
            file.write(f"{name}:{done.stdout}")
    return path


class Nginx(servers.Nginx):
    def start_nginx(self, place, fragment):
        lines, = lines_of("nginx", nginx=self.users)
        return super().start_nginx(place, put(fragment, "location /api/stream/ {\n", lines))


class ApacheProxy(servers.ApacheProxy):
    modules = [*servers.ApacheProxy.modules, "auth_basic", "authn_core", "authn_file", "authz_user"]

    def start_apache(self, fragment):
        lines, = lines_of("Apache", apache=self.users)
        return super().start_apache(fragment.replace("    Require all granted\n", lines))


class ApacheFcgid(ApacheProxy, servers.ApacheFcgid):
    name = servers.ApacheFcgid.name
    modules = [*servers.ApacheFcgid.modules, "auth_basic", "authn_core", "authn_file", "authz_user"]
    start = servers.ApacheFcgid.start


class Lighttpd(servers.LighttpdConnect):
    def start_lighttpd(self, fragment):
        lines, = lines_of("lighttpd", lighttpd=self.users)
        return super().start_lighttpd(fragment + lines)


class Haproxy(servers.Haproxy):
    def write(self, name, text):
        if name != "haproxy.cfg":
            return super().write(name, text)
        users, ask = lines_of("HAProxy", haproxy="\n    ".join(f"user {name} insecure-password {word}"
                                                               for name, word in USERS.items()))
        text = text.replace("    http-request del-header Authorization\n", ask)
        return super().write(name, text + users)


class Caddy(servers.Caddy):
    def start_caddy(self, place, **more):
        def hash_of(password):
            done = subprocess.run(["/usr/bin/caddy", "hash-password", "--plaintext", password], check=True, text=True,
                                  capture_output=True, env=self.environment | {"HOME": str(self.folder)})
            return done.stdout.strip()
        ask, kind = lines_of("Caddy", caddy="\n    ".join(f"{n} {hash_of(p)}" for n, p in USERS.items()))

        def change(text):
            text = put(text, "    handle @films {\n", ask)
            assert text.count("transport fastcgi\n") == 1
            return text.replace("transport fastcgi\n", kind)
        return super().start_caddy(place, change, **more)


KINDS = [Lighttpd, ApacheFcgid, ApacheProxy, Nginx, Haproxy, Caddy]


def password(name, word):
    return [("Authorization", "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode())]


CLAIMS = [("Remote-User", "ada"), ("X-Remote-User", "ada"), ("Auth-Type", "Basic"), ("AUTH_TYPE", "Basic"),
          ("REMOTE_USER", "ada")]


def ask(server, target, fields):
    reply = support.parse_http(support.http_raw(server.port, support.http_request(target, "GET", fields)))
    return reply.status, FILM[:10] in reply.content


def check(server):
    for what, target, fields, wanted in [
            ("ada", "film", password("ada", "of-ada"), (200, True)),
            ("bob", "film", password("bob", "of-bob"), (403, False)),
            ("bob, who claims to be ada", "film", password("bob", "of-bob") + CLAIMS, (403, False)),
            ("ada, another film", "other", password("ada", "of-ada"), (403, False)),
            ("nobody", "film", [], (401, False)),
            ("nobody, who claims to be ada", "film", CLAIMS, (401, False)),
            ("nobody, with an empty name", "film", password("", ""), (401, False)),
            ("ada, with bob's password", "film", password("ada", "of-bob"), (401, False)),
            ("ada, without a password", "film", password("ada", ""), (401, False))]:
        equal(ask(server, f"/api/stream/{target}", fields), wanted, f"{what}: status, has the film")
    # A link in front of the path is no way around the log-in: reelgate, which has no keys here, would say 404.
    equal(ask(server, "/bcdn_token=T&expires=1/api/stream/film", []), (401, False), "in front: status, has the film")


def check_without(server):
    """Where nobody looks at passwords, no name counts."""
    for fields in (password("ada", "of-ada"), password("ada", ""), password("ada", "") + CLAIMS):
        equal(ask(server, "/api/stream/film", fields), (403, False), "status, has the film")


@contextlib.contextmanager
def running(kind):
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        for video in ("film", "other"):
            volume.add(video, FILM)
        access.add_tables(volume)
        access.grant(volume, "ada", "film")
        access.grant(volume, "", "film")
        server = kind(folder, volume)
        server.environment["REELGATE_QUERY"] = access.USER_QUERY
        server.users = write_users(folder)
        with server:
            yield server


def main():
    report = support.Report()
    for kind in KINDS:
        with report.row(f"{kind.name}: whoever has logged in sees what is theirs"), running(kind) as server:
            check(server)
    for kind in [*servers.ALL, *servers.OFFLOADING]:
        with report.row(f"{kind.name}: a password that nobody looks at makes no user"), running(kind) as server:
            check_without(server)
    report.finish()


main()
