"""reelgate-probe with a status page: what only reelgate's figures tell, the README's lines that let the page through, and a
page that tells nothing.

SPDX-License-Identifier: MIT
"""
import re
import socket
import subprocess

import foreign
import servers
import support
from probing import (BREAKS, FILM, HELD, OTHER_PAGE, REQUEST_URI, STATUS, STREAM, ApacheWithHosts, applied, before,
                     beside_params, check_green, check_skipped, probe, probe_with_status, remedies, running, with_status,
                     without)
from support import equal

# web server, what is broken, how, the lines that the probe has to print
NOT_HELD = [
    (servers.Nginx, "a temporary file", without("fastcgi_max_temp_file_size 0;"),
     ["fastcgi_max_temp_file_size 0;", "proxy_max_temp_file_size 0;"]),
    (servers.LighttpdConnect, "temporary files",
     lambda text: text.replace(STREAM, "server.stream-response-body = 1"), [STREAM]),
    (servers.LighttpdSpawn, "temporary files",
     lambda text: text.replace(STREAM, "server.stream-response-body = 1"), [STREAM]),
    (ApacheWithHosts, "memory", before("FlushMaxThreshold 1000000000"), ["FlushMaxThreshold 65535"]),
]


def check_not_held(kind, change, wanted_lines):
    with running(kind, with_status(kind, change), STATUS) as server:
        status, output = probe_with_status(server)
        equal(status, 1, f"exit status, of {output}")
        equal(re.findall("^FAIL ([^:]*)", output, re.MULTILINE), [HELD], "what fails")
        equal([line for _, line in remedies(output)], wanted_lines, "remedies")

    def remedied(text):
        text = change(text).replace("server.stream-response-body = 1\n", "")
        return applied(text, remedies(output))
    with running(kind, with_status(kind, remedied), STATUS) as server:
        check_green(probe_with_status(server), [OTHER_PAGE])


def connections_that_are_not_kept():
    """A warning: every answer is right. It is what reelgate counts that tells."""
    change = without("fastcgi_keep_conn on;")
    with running(servers.Nginx, with_status(servers.Nginx, change), STATUS) as server:
        status, output = probe_with_status(server)
        equal((status, re.findall("^(?:warn|FAIL) ([^:]*)", output, re.MULTILINE)), (0, [BREAKS]), f"of {output}")
        equal([line for _, line in remedies(output)], ["fastcgi_keep_conn on;"], "remedies")
        assert output.endswith(" 0 failed, 1 skipped, 1 warned\n"), output
    with running(servers.Nginx, with_status(servers.Nginx, lambda text: applied(change(text), remedies(output))),
                 STATUS) as server:
        result = probe_with_status(server)
        check_green(result, [OTHER_PAGE])
        assert f"ok   {BREAKS}\n" in result[1], result[1]


def path_that_is_changed_on_the_way():
    """reelgate has the film, and is asked for something else, by each of the names that a path has. Its status page tells
    that it looked nothing up."""
    change = beside_params("fastcgi_param REQUEST_URI /index.php; fastcgi_param SCRIPT_NAME /index.php;")
    with running(servers.Nginx, with_status(servers.Nginx, change), STATUS) as server:
        status, output = probe(server)
        equal((status, [line for _, line in remedies(output)]),
              (2, ["reelgate add FILE --id film", "prefix = /api/stream/", REQUEST_URI]), f"of {output}")
        status, output = probe_with_status(server, "film")
        equal((status, [line for _, line in remedies(output)]), (2, ["prefix = /api/stream/", REQUEST_URI]),
              f"of {output}")
    of_nginx = [(blame, line) for blame, line in remedies(output) if blame.startswith("nginx")]
    with running(servers.Nginx, lambda text: applied(change(text), of_nginx)) as server:
        check_green(probe(server))


def check_restricted(kind):
    """The README's lines let nobody in but this machine itself: 127.0.0.2 is another address."""
    with running(kind, with_status(kind), STATUS) as server:
        for source, wanted in (("127.0.0.1", {"200"}), ("127.0.0.2", {"403", "404", "503"})):
            done = subprocess.run(["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}",
                                   "--interface", source, f"http://127.0.0.1:{server.port}{STATUS}"],
                                  capture_output=True, text=True, timeout=support.DEADLINE, check=False)
            assert done.stdout in wanted, f"{source}: {done.stdout}"


def status_that_says_nothing(report):
    with running(servers.Nginx) as server:
        with report.row("held back: the status page is not let through"):
            check_skipped(probe_with_status(server), f"{STATUS}?json: 404, without figures of reelgate's; set ")
        with report.row("held back: there is no answer"):
            address = f"http://127.0.0.1:{support.free_port()}{STATUS}"
            check_skipped(probe(server, "large", options=["--status", address]), f"{address}?json: no answer")
        with report.row("held back: a password for the video does not go to another host"), foreign.script(foreign.Recording) as port:
            address = f"http://localhost:{port}{STATUS}"
            result = probe(server, "large", ["--status", address], ["--user", "viewer:secret"])
            check_skipped(result, f"{address}?json: 404")
            equal(set(foreign.Recording.told), {None}, "passwords")
    with running(servers.Nginx, with_status(servers.Nginx), STATUS) as server:
        with report.row("held back: a film that is all on its way"):
            result = probe_with_status(server, "film")
            equal(result[0], 0, result[1])
            assert f"skip {HELD}: {len(FILM)} bytes may all be on their way; ask for a video" in result[1], result[1]
        with report.row("held back: there are other viewers"), \
                socket.create_connection(("127.0.0.1", server.port), support.DEADLINE) as other:
            other.sendall(support.http_request("/api/stream/large", "GET", []))
            equal(other.recv(12), b"HTTP/1.1 200", "status")
            check_skipped(probe_with_status(server), "reelgate is serving other viewers")
    denied = "location = /reelgate-status { deny all; }\n"
    with report.row("held back: who is not let in"), running(servers.Nginx, before(denied)) as server:
        check_skipped(probe_with_status(server), f"{STATUS}?json: 403; run this where")
    path = "/api/stream" + STATUS

    def counting(text):
        return text + f"FcgidInitialEnv REELGATE_STATUS_PATH {path}\n"
    with report.row("held back: the status page of another process than the one that sends"), \
            running(servers.ApacheFcgid, counting) as server:
        check_skipped(probe_with_status(server, path=path), "that status page does not count this film",
                      [HELD, OTHER_PAGE])


def main():
    report = support.Report()
    for kind in (servers.LighttpdSpawn, servers.LighttpdConnect, ApacheWithHosts, servers.Nginx, servers.Haproxy):
        with report.row(f"{kind.name}: all green with the shipped file and the README's lines for the status page"), \
                running(kind, with_status(kind), STATUS) as server:
            check_green(probe_with_status(server), [OTHER_PAGE])
        with report.row(f"{kind.name}: the README's lines for the status page let this machine in alone"):
            check_restricted(kind)
    for kind, what, change, lines in NOT_HELD:
        with report.row(f"{kind.name}: it takes films into {what}: {lines[0]}"):
            check_not_held(kind, change, lines)
    for holds in (connections_that_are_not_kept, path_that_is_changed_on_the_way):
        with report.row(holds.__name__.replace("_", " ")):
            holds()
    status_that_says_nothing(report)
    report.finish()


main()
