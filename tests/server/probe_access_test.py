"""reelgate-probe and videos that not everybody may watch: it is let in by a link or a cookie, finds everything as it is
found elsewhere, and warns where the film can be had without.

SPDX-License-Identifier: MIT
"""
import re
import time

import access
import probing
import servers
import signing
import support
from probing import NO_CACHE, applied, before, beside_params, probe, remedies
from support import equal

COOKIE = ("--header", "Cookie: session=adas")
PATH = "/api/stream/film"


def protected(kind, **options):
    """A web server whose reelgate has these options, and keys of links in folder/keys."""
    class Protected(kind):
        def __init__(self, folder, volume):
            super().__init__(folder, volume)
            self.keys = servers.key_file(folder)
            access.add_tables(volume)
            access.log_in(volume, "adas", "ada")
            access.grant(volume, "ada", "film")
            for name, value in options.items():
                self.environment["REELGATE_" + name.upper()] = str(self.keys) if value is signing.KEY else value
    return Protected


LINK = {"link_key": signing.KEY, "link": "required"}
SESSION = {"query": access.SESSION_QUERY, "www_authenticate": access.CHALLENGE}


class NginxWithCache(servers.Nginx):
    def start(self):
        self.extra = f"    fastcgi_cache_path {self.folder}/cache keys_zone=films:1m;\n"
        return super().start()


def key_option(server):
    return ("--link-key", str(server.keys))


def warned(output):
    return re.findall(r"^warn ([^:]*)", output, re.MULTILINE)


def check_warned(result, questions, lines):
    status, output = result
    equal((status, warned(output)), (0, questions), f"exit status, warnings, of {output}")
    for line in lines:
        assert line in [line for _, line in remedies(output)], f"no remedy {line!r} in {output}"


WITHOUT = ["the film is refused", "HEAD is refused", "a range is refused", "a copy of it is not confirmed",
           "no other path leads to the film", "OPTIONS is answered"]
BAD_LINKS = ["with a changed link the film is refused", "with another video's link the film is refused",
             "with a link that has expired the film is refused"]


def check_closed(result, proof, more=()):
    probing.check_green(result)
    without_proof = [f"without {proof} {what}" for what in WITHOUT]
    for question in [f"with {proof} the film is for one viewer alone", *without_proof, *more]:
        assert f"\nok   {question}\n" in result[1], f"no {question!r} in {result[1]}"
    equal("HS256" in result[1], False, "a link is printed")


def check_green(report):
    kinds = (servers.Nginx, servers.LighttpdConnect, servers.ApacheProxy, servers.Caddy)
    for kind in kinds:
        with report.row(f"{kind.name}: a link is required"), probing.running(protected(kind, **LINK)) as server:
            check_closed(probe(server, options=key_option(server)), "a link", BAD_LINKS)
        with report.row(f"{kind.name}: a session is required"), probing.running(protected(kind, **SESSION)) as server:
            check_closed(probe(server, options=COOKIE), "Cookie")
    with report.row("a link and a session are required"), \
            probing.running(protected(servers.Nginx, **LINK, **SESSION)) as server:
        check_closed(probe(server, options=(*key_option(server), *COOKIE)), "a link and Cookie", BAD_LINKS)
    with report.row("a named key in hexadecimal digits"), probing.running(protected(servers.Nginx, **LINK)) as server:
        keys = server.folder / "hexadecimal"
        keys.write_text(f"# keys\n\nnew:{signing.KEY.hex()}\n{signing.OTHER_KEY.hex()}\n")
        check_closed(probe(server, options=("--link-key", str(keys))), "a link", BAD_LINKS)
    for where, address in (("in the query", f"{PATH}?{signing.link(PATH)}"),
                           ("in front", signing.front("/api/stream/") + PATH)):
        with report.row(f"the address is a link, {where}"), probing.running(protected(servers.Nginx, **LINK)) as server:
            result = probe(f"http://127.0.0.1:{server.port}{address}")
            check_closed(result, "a link")
            equal(result[1].count("the link is good for this address alone"), 2, f"skipped, of {result[1]}")
    with report.row("everybody may watch, and nothing is given: nothing is said"), \
            probing.running(servers.Nginx) as server:
        status, output = probe(server)
        equal((status, "without" in output), (0, False), f"of {output}")


def check_open(report):
    with report.row("everybody may watch, with a link or without"), \
            probing.running(protected(servers.Nginx, link_key=signing.KEY, link="accepted")) as server:
        check_warned(probe(server, options=key_option(server)),
                     [f"without a link {w}" for w in WITHOUT[:-1]], ["link = required"])
    with report.row("reelgate knows no links"), probing.running(protected(servers.Nginx)) as server:
        status, output = probe(server, options=key_option(server))
        equal((status, warned(output)[-3:]), (0, BAD_LINKS), f"of {output}")
    with report.row("reelgate asks for no session"), probing.running(protected(servers.Nginx)) as server:
        check_warned(probe(server, options=COOKIE), [f"without Cookie {w}" for w in WITHOUT[:-1]], ["link = required"])
    with report.row("a cache gives everybody what it has"):
        cache = before('fastcgi_cache films;\nfastcgi_cache_valid any 1m;\nfastcgi_cache_key "$uri";\n'
                       "fastcgi_ignore_headers Cache-Control Vary;")
        kind = protected(NginxWithCache, **LINK)
        with probing.running(kind, cache) as server:
            _, output = probe(server, options=key_option(server))
            assert "without a link the film is refused" in warned(output), output
            for line in NO_CACHE:
                assert line in [line for _, line in remedies(output)], f"no {line!r} in {output}"
        lines = [pair for pair in remedies(output) if pair[1] in NO_CACHE]
        with probing.running(kind, lambda text: applied(cache(text), lines)) as server:
            check_closed(probe(server, options=key_option(server)), "a link", BAD_LINKS)
    with report.row("a shared cache may keep it"):
        options = {**LINK, "cache_control": "public, max-age=60", "cache_protected": "on"}
        with probing.running(protected(servers.Nginx, **options)) as server:
            check_warned(probe(server, options=key_option(server)), ["with a link the film is for one viewer alone"],
                         ["cache-protected = off"])
    with report.row("the web server asks for one form of the path alone"):
        guard = beside_params(f'set $told "${{request_uri}}${{http_cookie}}";\nif ($told = "{PATH}") {{ return 403; }}')
        with probing.running(servers.Nginx, guard) as server:
            check_warned(probe(server, options=COOKIE), [f"without Cookie {w}" for w in WITHOUT[-2:]], [])
    with report.row("the web server asks before OPTIONS, too"):
        guard = before('if ($http_cookie = "") { return 403; }')
        with probing.running(servers.Nginx, guard) as server:
            status, output = probe(server, options=COOKIE)
            equal((status, warned(output)), (0, ["without Cookie OPTIONS is answered"]), f"of {output}")
            (_, line), = remedies(output)
        with probing.running(servers.Nginx, lambda text: guard(before(line)(text)).replace(
                f'{guard("")}{line}\n', f'{line}\n{guard("")}')) as server:
            check_closed(probe(server, options=COOKIE), "Cookie")


# What is wrong, options of the probe by the server, what follows the path, the first blame, its remedy.
LOCKED_OUT = [
    ("no link", lambda server: (), lambda: "", LINK, "reelgate: it wants a link",
     "reelgate-probe --link-key FILE {url}"),
    ("another key", lambda server: ("--link-key", str(signing.write_keys(server.folder / "other", signing.OTHER_KEY))),
     lambda: "", LINK, "reelgate: none of its keys has signed that address", "reelgate-probe --link-key FILE {url}"),
    ("a link that has expired", lambda server: (), lambda: "?" + signing.link(PATH, int(time.time()) - 3600), LINK,
     "the address: its link has expired", "reelgate-probe --link-key FILE {url}"),
    ("no session", lambda server: (), lambda: "", SESSION, "reelgate: its query wants to know who asks",
     "reelgate-probe --header 'Cookie: NAME=VALUE' {url}"),
    ("the session of somebody else", lambda server: ("--header", "Cookie: session=bobs"), lambda: "", SESSION,
     "reelgate: its query lets another one watch, or nobody", "reelgate-probe --header 'Cookie: NAME=VALUE' {url}"),
]


def check_locked_out(report):
    for name, options, query, settings, blame, line in LOCKED_OUT:
        with report.row(f"the probe has {name}"), probing.running(protected(servers.Nginx, **settings)) as server:
            access.log_in(server.volume, "bobs", "bob")
            url = f"http://127.0.0.1:{server.port}{PATH}"
            status, output = probe(url + query(), options=options(server))
            equal(status, 2, f"exit status, of {output}")
            equal(remedies(output)[0][0], blame, "blame")
            assert not line or remedies(output)[0][1] == line.format(url=url), f"{line!r} is not first in {output}"


# Options, what is said.
WRONG = [
    (lambda folder: ("--link-key", str(folder / "short")), "its first line is no key of 32 bytes or more"),
    (lambda folder: ("--link-key", str(folder / "empty")), "its first line is no key of 32 bytes or more"),
    (lambda folder: ("--link-key", str(folder / "text")), "its first line is no key of 32 bytes or more"),
    (lambda folder: ("--link-key", str(folder / "none")), "No such file or directory"),
    (lambda folder: ("--link-key",), "leave out what follows its path"),
    (lambda folder: ("--header", "Cookie"), "needs the form 'Name: value'"),
]


def check_usage(report):
    with support.Folder() as folder:
        (folder / "short").write_text("c2hvcnQ=\n")
        (folder / "empty").write_text("# nothing\n\n")
        (folder / "text").write_text("this is no key at all, and longer than thirty-two bytes\n")
        good = signing.write_keys(folder / "good", signing.KEY)
        for options, said in WRONG:
            words = options(folder)
            url = "http://127.0.0.1:9" + PATH
            if words == ("--link-key",):
                words, url = (*words, str(good)), url + "?token=x"
            with report.row(f"usage: {' '.join(words).replace(str(folder), 'FOLDER')}"):
                status, output = probe(url, options=words)
                equal((status, output.count("\n")), (2, 1), f"exit status, lines, of {output}")
                assert said in output, output


def main():
    report = support.Report()
    check_green(report)
    check_open(report)
    check_locked_out(report)
    check_usage(report)
    report.finish()


main()
