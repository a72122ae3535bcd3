"""reelgate-probe and sites that have more than reelgate: scripts that stream, caches in front, pages of other origins, TLS,
passwords and redirections.

SPDX-License-Identifier: MIT
"""
import re
import subprocess

import foreign
import servers
import support
from probing import (ALL_FIELDS, BREAKS, HELD, LATE, STATUS, applied, before, check_green, probe, remedies, running)
from support import equal


def script_behind_nginx():
    """All of the site goes to the script; the probe's line hands the videos to reelgate."""
    with foreign.script() as port:
        site = f"location / {{ proxy_pass http://127.0.0.1:{port}; }}\n"
        with running(servers.Nginx, lambda text: site) as server:
            status, output = probe(server)
            equal(status, 1, f"exit status, of {output}")
            assert "FAIL a first position after the end is refused: seen: 206, " in output, output
            (blame, line), = remedies(output)
            assert blame.startswith("nginx, server block: hands /api/stream/ to something that is not reelgate"), blame

        def remedied(_):
            # The upstream block of the shipped files has the socket.
            return site + line.replace(f"unix:{servers.PATHS['socket']}", "reelgate") + "\n"
        with running(servers.Nginx, remedied) as server:
            check_green(probe(server))


def unknown_server_names_all_three():
    with foreign.script() as port:
        status, output = probe(f"http://127.0.0.1:{port}/api/stream/film")
        equal(status, 1, f"exit status, of {output}")
        equal([blame.split(":")[0].split(",")[0] for blame, _ in remedies(output)], ["nginx", "Apache", "lighttpd"],
              "servers")
        for fault in ("a first position after the end is refused", "the tag is strong", "HEAD, as VLC asks",
                      "an invalid range is ignored"):
            assert f"FAIL {fault}: " in output, f"no {fault!r} in {output}"


def other_bytes_are_noticed():
    with foreign.script(foreign.MisplacingScript) as port:
        _, output = probe(f"http://127.0.0.1:{port}/api/stream/film")
        assert "FAIL overlapping ranges in the middle agree: seen: other bytes at 51000; " in output, output


class NginxInFront(servers.Nginx):
    """nginx that hands on by HTTP, as in front of another web server, with a cache."""

    def start(self):
        self.extra = f"    proxy_cache_path {self.folder}/cache keys_zone=films:1m;\n"
        return super().start()


def cache_in_front_of_another_web_server():
    with running(servers.LighttpdConnect) as behind:
        site = (f"proxy_cache films;\nproxy_cache_valid any 1m;\n"
                f"location /api/stream/ {{\nproxy_pass http://127.0.0.1:{behind.port};\n}}\n")
        with running(NginxInFront, lambda text: site) as server:
            status, output = probe(server)
            equal((status, [line for _, line in remedies(output)]), (1, ALL_FIELDS), f"of {output}")
        with running(NginxInFront, lambda text: applied(site, remedies(output))) as server:
            check_green(probe(server))


ORIGIN = "https://films.example"


def page_of_another_origin():
    with running(servers.Nginx) as server:
        status, output = probe(server, options=["--origin", ORIGIN])
        equal((status, [line for _, line in remedies(output)]), (1, [f"cors-origin = {ORIGIN}"]), f"of {output}")
        (_, line), = remedies(output)
        support.stop(server.processes[0])
        server.environment["REELGATE_CONFIG"] = str(server.write("reelgate.options", line + "\n"))
        server.start_reelgate()
        check_green(probe(server, options=["--origin", ORIGIN]), [LATE, HELD, BREAKS])


class NginxWithOrigin(servers.Nginx):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.environment["REELGATE_CORS_ORIGIN"] = ORIGIN


def origin_allowed_twice():
    """By reelgate and by the site: browsers take neither."""
    site = before(f"add_header Access-Control-Allow-Origin {ORIGIN} always;")
    with running(NginxWithOrigin, site) as server:
        status, output = probe(server, options=["--origin", ORIGIN])
        equal((status, [line for _, line in remedies(output)]),
              (1, ["fastcgi_hide_header Access-Control-Allow-Origin;"]), f"of {output}")
    with running(NginxWithOrigin, lambda text: applied(site(text), remedies(output))) as server:
        check_green(probe(server, options=["--origin", ORIGIN]))


class NginxWithTls(servers.Nginx):
    """The file once more on a port of its own, with TLS, HTTP/2 and a password."""

    def start(self):
        self.tls_port = support.free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True, timeout=support.DEADLINE)
        self.write("passwords", "viewer:{PLAIN}secret\n")
        self.extra = f"""
    map "" $tls_port {{ default {self.tls_port}; }}
    server {{
        listen 127.0.0.1:{self.tls_port} ssl http2;
        ssl_certificate {self.folder}/cert.pem;
        ssl_certificate_key {self.folder}/key.pem;
        auth_basic films;
        auth_basic_user_file {self.folder}/passwords;
        include {self.folder}/reelgate.conf;
    }}
"""
        return super().start()


def tls_and_password(report):
    moved = "location = /moved/film { return 301 https://127.0.0.1:$tls_port/api/stream/film; }\n"
    with running(NginxWithTls, before(moved)) as server:
        url = f"https://127.0.0.1:{server.tls_port}/api/stream/film"
        with report.row("TLS: a certificate that is not trusted"):
            status, output = probe(url)
            equal((status, remedies(output)[0][1]), (2, f"reelgate-probe {url} -- --insecure"), f"of {output}")
        with report.row("TLS: a password is wanted"):
            status, output = probe(url, curl=["--insecure"])
            equal((status, remedies(output)[0][1]), (2, f"reelgate-probe {url} -- --user NAME:PASSWORD"), f"of {output}")
        with report.row("TLS and HTTP/2, with a password: all green"):
            check_green(probe(url, curl=["--insecure", "--user", "viewer:secret"]))
        with report.row("TLS: a password does not go to a status page without TLS"), \
                foreign.script(foreign.Recording) as port:
            url_of_none = f"https://127.0.0.1:{server.tls_port}/api/stream/nonexistent"
            equal(passwords_told(url_of_none, f"http://127.0.0.1:{port}", ["--insecure"]), {None}, "passwords")
        with report.row("TLS: http leads to https, asked there"):
            result = probe(f"http://127.0.0.1:{server.port}/moved/film", curl=["-k", "-u", "viewer:secret"])
            check_green(result)
            assert f" leads to {url}: asked there\n" in result[1], result[1]


def passwords_told(url, status_site, curl):
    """Returns the passwords that a status page has been told. The probe asks it for a video that is not there."""
    foreign.Recording.told.clear()
    _, output = probe(url, options=["--status", status_site + STATUS], curl=[*curl, "--user", "viewer:secret"])
    assert "its catalogue has no row" in output, output
    return set(foreign.Recording.told)


# what, the host that is asked, where it leads to, whether the probe follows it there
OTHER_HOSTS = [
    ("a name, with and without a port", "films.example", "http://films.example:80", True),
    ("a name, in capitals", "films.example", "http://FILMS.example", True),
    ("a name, another one", "films.example", "http://films.example.com", False),
    ("IPv6, with and without a port", "[2001:db8::1]", "http://[2001:db8::1]:80", True),
    ("IPv6, in capitals", "[2001:db8::1]", "http://[2001:DB8::1]", True),
    ("IPv6, another address", "[2001:db8::1]", "http://[2001:db8::2]", False),
    ("IPv6, malformed", "[2001:db8::1]", "http://[2001:db8::1", False),
]


def hosts(report):
    """curl is told to connect to the server whatever the host: what counts is what the probe makes of the addresses."""
    def site(text):
        return "".join(f'location = /{i}/film {{ return 302 "{target}/api/stream/film"; }}\n'
                       for i, (_, _, target, _) in enumerate(OTHER_HOSTS)) + text
    with running(servers.Nginx, site) as server:
        to_server = ["--connect-to", f"::127.0.0.1:{server.port}"]
        for i, (what, host, target, is_followed) in enumerate(OTHER_HOSTS):
            with report.row(f"redirection to {what}: {'asked there' if is_followed else 'not asked'}"):
                result = probe(f"http://{host}/{i}/film", curl=to_server)
                equal(f" leads to {target}/api/stream/film: asked there\n" in result[1], is_followed, result[1])
                if is_followed:
                    check_green(result)
                else:
                    told = result[0], remedies(result[1])[0][1]
                    equal(told, (2, f"reelgate-probe {target}/api/stream/film"), "told")
        for what, status_site in (("another address", "http://[::1]"), ("malformed", "http://[::2")):
            with report.row(f"status page on IPv6, {what}: is told no password"), \
                    foreign.script(foreign.Recording) as port:
                # Only with the user's options would the password get to the port that records it.
                path_to = ["--connect-to", f"[::2]:80:127.0.0.1:{server.port}", "--connect-to", f"::127.0.0.1:{port}"]
                equal(passwords_told("http://[::2]/api/stream/nonexistent", status_site, path_to), set(), "passwords")


def redirections(report):
    def site(text):
        return ('location = /old/film { return 301 /api/stream/film; }\n'
                'location = /elsewhere/film { return 302 http://films.example/api/stream/film; }\n' + text)
    with running(servers.Nginx, site) as server:
        here = f"http://127.0.0.1:{server.port}"
        with report.row("redirection: to the same host, asked there"):
            result = probe(f"{here}/old/film")
            check_green(result)
            assert result[1].startswith(f"note {here}/old/film leads to {here}/api/stream/film"), result[1]
        with report.row("redirection: to another host, not asked"):
            status, output = probe(f"{here}/elsewhere/film")
            equal((status, remedies(output)[0][1]), (2, "reelgate-probe http://films.example/api/stream/film"), "told")


def main():
    report = support.Report()
    for holds in (script_behind_nginx, unknown_server_names_all_three, other_bytes_are_noticed,
                  cache_in_front_of_another_web_server, page_of_another_origin, origin_allowed_twice):
        with report.row(holds.__name__.replace("_", " ")):
            holds()
    for several in (tls_and_password, redirections, hosts):
        several(report)
    report.finish()


main()
