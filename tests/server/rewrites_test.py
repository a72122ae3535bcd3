"""A path that the web server changes before it asks reelgate: the film of the new path, whatever the client's path is.

SPDX-License-Identifier: MIT
"""
import re

import servers
import support
from support import equal

FILM = support.position_coded(100_000)


class NginxRewrite(servers.Nginx):
    name = "nginx, rewrite"

    def start(self):
        return self.start_nginx(self.start_reelgate(), servers.shipped("nginx/reelgate.conf") + """
location /films/ { rewrite ^/films/(.*) /api/stream/$1 last; }
location /saved/ { rewrite ^/saved/(.*) /api/stream/$1?download=1 last; }
location /lost/ { rewrite ^/lost/(.*) /elsewhere/$1 last; }
location /elsewhere/ { include fastcgi_params; fastcgi_pass reelgate; }
""")


class LighttpdRewrite(servers.Lighttpd):
    name = "lighttpd, url.rewrite-once"

    def start(self):
        text = servers.shipped("lighttpd/connect.conf", socket=self.start_reelgate())
        lost = re.search(r'(fastcgi\.server = \( )"/api/stream/"(.*?\n    \)\)\))', text, re.DOTALL)
        return self.start_lighttpd(text + f"""
server.modules += ( "mod_rewrite" )
url.rewrite-once = ( "^/films/(.*)" => "/api/stream/$1", "^/saved/([^?]*)" => "/api/stream/$1?download=1",
                     "^/lost/(.*)" => "/elsewhere/$1" )
$HTTP["url"] =~ "^/elsewhere/" {{ {lost.group(1)}"/elsewhere/"{lost.group(2)} }}
""")


SOCKET = "unix:/run/reelgate/reelgate.sock"


class ApacheRewriteRule(servers.ApacheProxy):
    name = "Apache, RewriteRule with [P]"
    modules = [*servers.ApacheProxy.modules, "rewrite"]
    more = f"""
RewriteEngine on
RewriteRule "^/films/(.*)" "{SOCKET}|fcgi://rg/api/stream/$1" [P]
RewriteRule "^/saved/(.*)" "{SOCKET}|fcgi://rg/api/stream/$1?download=1" [P,QSA]
RewriteRule "^/lost/(.*)" "{SOCKET}|fcgi://rg/elsewhere/$1" [P]
"""

    def start(self):
        place = self.start_reelgate()
        text = servers.shipped("apache/mod_proxy_fcgi.conf", socket=place).replace('"^/api/stream/"', '"^/"')
        return self.start_apache(text + self.more.replace("/run/reelgate/reelgate.sock", place))


class ApacheProxyPass(ApacheRewriteRule):
    name = "Apache, ProxyPass from another path"
    modules = servers.ApacheProxy.modules
    more = f"""
ProxyPass "/films/" "{SOCKET}|fcgi://rg/api/stream/"
ProxyPassMatch "^/saved/(.*)" "{SOCKET}|fcgi://rg/api/stream/$1"
ProxyPass "/lost/" "{SOCKET}|fcgi://rg/elsewhere/"
"""


class CaddyRewrite(servers.Caddy):
    name = "Caddy, rewrite"
    block = """
    rewrite /films/* /api/stream/{http.request.uri.path.file}
    rewrite /saved/* /api/stream/{http.request.uri.path.file}?download=1
    rewrite /lost/* /elsewhere/{http.request.uri.path.file}
"""

    def start(self):
        place = self.start_reelgate()

        def change(text):
            handled = text[text.index("    handle @films {"):text.index("\n    # Where nothing answers")]
            return text.replace(handled, self.block + handled + handled.replace("@films", "/elsewhere/*"))
        return self.start_caddy(place, change)


class CaddyHandlePath(CaddyRewrite):
    name = "Caddy, handle_path"

    @property
    def block(self):
        return "".join(f"""
    handle_path /{name}/* {{
        rewrite * {target}
        reverse_proxy unix/{self.folder}/running.sock {{
            transport fastcgi
        }}
    }}
""" for name, target in (("films", "/api/stream{path}"), ("saved", "/api/stream{path}?download=1"),
                         ("lost", "/elsewhere{path}")))


class HaproxySetPath(servers.Haproxy):
    name = "HAProxy, set-path"
    change = ("backend reelgate\n", """backend reelgate
    http-request set-uri %[url,regsub(^/films/,/api/stream/)] if { path_beg /films/ }
    http-request set-uri %[path,regsub(^/saved/,/api/stream/)]?download=1 if { path_beg /saved/ }
    http-request set-uri %[url,regsub(^/lost/,/elsewhere/)] if { path_beg /lost/ }
""")

    def write(self, name, text):
        text = re.sub(r"(use_backend reelgate) if .*", r"\1", text.replace(*self.change))
        return super().write(name, text)


KINDS = [NginxRewrite, LighttpdRewrite, ApacheRewriteRule, ApacheProxyPass, CaddyRewrite, CaddyHandlePath,
         HaproxySetPath]


def film_and_its_ranges(server):
    whole = support.http(server.port, "/films/film")
    equal((whole.status, whole.content), (200, FILM), "status, content")
    part = support.http(server.port, "/films/film.mp4", fields=[("Range", "bytes=90000-90009")])
    equal((part.status, part.content), (206, FILM[90_000:90_010]), "status, content of a range")
    for name in ("ETag", "Last-Modified"):
        equal(part.field(name), whole.field(name), name)
    head = support.http(server.port, "/films/film", "HEAD", [("Range", "bytes=90000-90009")])
    equal((head.status, head.field("Content-Range")), (206, "bytes 90000-90009/100000"), "status, Content-Range of HEAD")


def query_of_the_client(server):
    for target, is_saved in (("/films/film", False), ("/films/film?download=1", True), ("/films/film?t=5", False)):
        reply = support.http(server.port, target)
        equal((reply.status, reply.field("Content-Disposition") is not None), (200, is_saved), target)


def query_of_the_web_server(server):
    for target in ("/saved/film", "/saved/film?t=5"):
        reply = support.http(server.port, target)
        equal((reply.status, reply.field("Content-Disposition") is not None), (200, True), target)


def characters_are_decoded_once(server):
    for target, status in (("/films/%66ilm", 200), ("/films/%2566ilm", 404), ("/films/film%2500", 404)):
        equal(support.http(server.port, target).status, status, target)


def unchanged_path_is_the_one_that_counts(server):
    equal(support.http(server.port, "/api/stream/film").content, FILM, "content")
    equal(support.http(server.port, "/api/stream/none").status, 404, "status")


def path_to_elsewhere_is_in_the_log(server):
    equal(support.http(server.port, "/lost/film?secret").status, 404, "status")
    client = "" if isinstance(server, servers.Haproxy) else "/lost/film, "
    line = f"debug: request \\d+: {client}/elsewhere/film: GET -: 404 -"
    support.wait_until(lambda: re.search(line, server.reelgate_log()), f"{line} in the log")
    assert "secret" not in "".join(re.findall(r"reelgate: .*", server.reelgate_log())), "the query is in the log"


ROWS = [film_and_its_ranges, query_of_the_client, query_of_the_web_server, characters_are_decoded_once,
        unchanged_path_is_the_one_that_counts, path_to_elsewhere_is_in_the_log]


def main():
    report = support.Report()
    for kind in KINDS:
        with support.Folder() as folder:
            volume = support.Volume(folder / "data")
            volume.add("film", FILM)
            with report.group(f"{kind.name}: starts and stops"), kind(folder, volume, log_level="debug") as server:
                for holds in ROWS:
                    if holds is query_of_the_web_server and kind is ApacheProxyPass:
                        continue  # it adds none
                    with report.row(f"{kind.name}: {holds.__name__.replace('_', ' ')}"):
                        holds(server)
    report.finish()


main()
