"""Who may watch, through every way in: a link, a session of the application's, a user of the web server's. Whoever has
none of these, or somebody else's, gets the status that the row says, and not one byte of the film.

Links are signed here, without reelgate. SPDX-License-Identifier: MIT
"""
import dataclasses
import subprocess
import time
import urllib.parse

import access
import fastcgi
import servers
import signing
import support
from support import equal

FILM = support.position_coded(40_000)
PREFIX = "/api/stream/"
FILM_PATH = PREFIX + "film"

# Of the client, as its web server sees it. The raw ways say it themselves.
OWN_ADDRESS, OTHER_ADDRESS = "127.0.0.1", "192.0.2.1"

LINK_COOKIE = "reelgate_link"


@dataclasses.dataclass
class Row:
    """A situation, and what comes of it; `ways` has other statuses by the name of a way."""
    name: str
    target: str = FILM_PATH
    fields: list = dataclasses.field(default_factory=list)
    status: int = 403
    method: str = "GET"
    ways: dict = dataclasses.field(default_factory=dict)


def cookie(value, name=LINK_COOKIE):
    return [("Cookie", f"a=b; {name}={value}")]


# These take all before the last /api/stream/ for the link. What reelgate judges is the first part of it, and for the
# path that it sends.
REWRITING = ("lighttpd, which starts reelgate", "lighttpd, connecting to a running reelgate",
             "lighttpd, sending files itself", "nginx", "nginx, sending files itself")

# What HAProxy says of what it leads nowhere.
NOT_LED = {"HAProxy": 503}


# Links

def parameters(path=FILM_PATH, expires=None, key=signing.KEY, address="", **more):
    """Pairs, so that they can be turned around and doubled."""
    return urllib.parse.parse_qsl(signing.link(path, expires, key, address, **more))


def with_query(pairs, path=FILM_PATH):
    query = pairs if isinstance(pairs, str) else urllib.parse.urlencode(pairs)
    return f"{path}?{query}"


def changed(pairs, **values):
    """With other values for some names."""
    return [(name, values.get(name, value)) for name, value in pairs]


def flipped(pairs):
    """Another last character but one: the last one of 43 has bits that count for nothing."""
    token = dict(pairs)["token"]
    return changed(pairs, token=token[:-2] + ("B" if token[-2] == "A" else "A") + token[-1])


def link_rows():
    now = int(time.time())
    good, other = parameters(), parameters(PREFIX + "other")
    token, bad = dict(good)["token"], dict(flipped(good))["token"]
    expires = dict(good)["expires"]
    bound_here, bound_there = parameters(address=OWN_ADDRESS), parameters(address=OTHER_ADDRESS)
    show = signing.front(PREFIX + "show/")
    signed = urllib.parse.urlencode
    show_cookie = signing.link(PREFIX + "show/", token_path=PREFIX + "show/")
    nine, eleven, moved = "999999999", "99999999999", "1" + str(now + 3600)[1:]
    return [
        Row("no link"),
        Row("good", with_query(good), status=200),
        Row("good: HEAD", with_query(good), method="HEAD", status=200),
        Row("good, in another order", with_query(good[::-1]), status=200),
        Row("good, with its signed download", with_query(parameters(download="1")), status=200),
        Row("download that was not signed", with_query([*good, ("download", "1")])),
        Row("good, for the folder of the film", with_query(parameters(token_path=PREFIX)), status=200),
        Row("good, encoded once more than needed", with_query(f"token={token.replace('-', '%2D')}&expires={expires}"),
            status=200),
        Row("late by an hour", with_query(parameters(expires=now - 3600))),
        Row("late by half a minute, as clocks may be", with_query(parameters(expires=now - 30)), status=200),
        Row("late, and a later time", with_query(changed(parameters(expires=now - 3600), expires=expires))),
        Row("changed in one character", with_query(flipped(good))),
        Row("another film's", with_query(other)),
        Row("of another film in a folder", with_query(good, PREFIX + "show/a")),
        Row("of another key", with_query(parameters(key=signing.OTHER_KEY))),
        Row("of the empty key", with_query(parameters(key=b""))),
        Row("bound to this address", with_query(bound_here), status=200),
        Row("bound to another address", with_query(bound_there)),
        Row("bound to another address, which the client claims", with_query(bound_there),
            [("X-Forwarded-For", OTHER_ADDRESS), ("X-Real-IP", OTHER_ADDRESS), ("Forwarded", f"for={OTHER_ADDRESS}"),
             ("Remote-Addr", OTHER_ADDRESS), ("REMOTE_ADDR", OTHER_ADDRESS)]),
        Row("bound, as if it were not", with_query([(name, value.replace("-1-", "-")) for name, value in bound_there])),
        Row("not bound, as if it were", with_query(changed(good, token=token.replace("HS256-", "HS256-1-")))),
        Row("upper case", with_query(changed(good, token=token.upper()))),
        Row("lower case", with_query(changed(good, token=token.lower()))),
        Row("letters of other cases", with_query(changed(good, token="HS256-" + token[6:].swapcase()))),
        Row("film of another case", with_query(good, PREFIX + "FILM")),
        Row("without its kind", with_query(changed(good, token=token[6:]))),
        Row("with padding", with_query(f"token={token}=&expires={expires}")),
        Row("with white space", with_query(f"token={token}%20&expires={expires}")),
        Row("cut off", with_query(changed(good, token=token[:-1]))),
        Row("only its kind", with_query(changed(good, token="HS256-"))),
        Row("expires of nine digits, signed", with_query(parameters(expires=nine))),
        Row("expires of eleven digits, signed", with_query(parameters(expires=eleven))),
        Row("expires with a sign", with_query(changed(good, expires="+" + expires))),
        Row("expires with a fraction", with_query(changed(good, expires=expires + ".0"))),
        Row("expires in hexadecimal digits", with_query(changed(good, expires=hex(int(expires))))),
        Row("expires empty", with_query(changed(good, expires=""))),
        Row("expires missing", with_query([("token", token)])),
        Row("token missing", with_query([("expires", expires)])),
        Row("token empty", with_query(changed(good, token=""))),
        Row("a digit of the path moved to the time", with_query(
            [("token", signing.token(FILM_PATH + "1", moved)), ("expires", "1" + moved)])),
        Row("a digit of the time moved to the path", with_query(
            [("token", signing.token(FILM_PATH, moved)), ("expires", moved[1:])], FILM_PATH + moved[0])),
        Row("all digits in the path", with_query(
            [("token", signing.token(FILM_PATH, moved)), ("expires", "")], FILM_PATH + moved)),
        Row("token twice, alike", with_query([*good, good[0]])),
        Row("token twice, the good one first", with_query([*good, ("token", bad)])),
        Row("token twice, the good one last", with_query([("token", bad), *good])),
        Row("expires twice", with_query([*good, ("expires", str(int(expires) + 9))])),
        Row("an unknown parameter", with_query([*good, ("x", "1")])),
        Row("an unknown parameter, signed", with_query(parameters(x="1"))),
        Row("an unknown parameter without a value", with_query(urllib.parse.urlencode(good) + "&x")),
        Row("name in upper case", with_query([("TOKEN", token), ("EXPIRES", expires)])),
        Row("folder that is a beginning of the film's name", with_query(parameters(token_path=PREFIX + "fil"))),
        Row("folder of another", with_query(parameters(token_path=PREFIX + "show/"))),
        Row("folder that is put beside a film's token", with_query([*good, ("token_path", FILM_PATH)])),
        Row("folder that is empty", with_query(parameters(token_path=""))),
        Row("address of the film with a token for its encoded name", with_query(parameters(PREFIX + "%66ilm"))),
        Row("encoded name", with_query(good, PREFIX + "%66ilm"), status=200),
        Row("plus for a blank", with_query(f"token={token}&expires=+{expires}")),

        # Cookies
        Row("cookie: good", fields=cookie(signed(good)), status=200),
        Row("cookie: good, quoted", fields=cookie(f'"{signed(good)}"'), status=200),
        Row("cookie: good, for the folder", PREFIX + "show/a", cookie(show_cookie), status=200),
        Row("cookie: another film's", fields=cookie(signed(other))),
        Row("cookie: another folder's", fields=cookie(show_cookie)),
        Row("cookie: late", fields=cookie(signing.link(FILM_PATH, now - 3600))),
        Row("cookie: changed", fields=cookie(signed(flipped(good)))),
        Row("cookie: another name", fields=cookie(signed(good), "reelgate_links")),
        Row("cookie: twice", fields=[("Cookie", f"{LINK_COOKIE}={signed(good)}; {LINK_COOKIE}={signed(good)}")]),
        Row("cookie: in two lines", fields=[*cookie(signed(good)), *cookie(signed(good))]),
        Row("cookie: good, and a bad link", with_query(flipped(good)), cookie(signed(good))),
        Row("cookie: good, and a late link", with_query(parameters(expires=now - 3600)), cookie(signed(good))),
        Row("cookie: bad, and a good link", with_query(good), cookie(signed(flipped(good))), status=200),
        Row("cookie: good, and some other query", with_query("t=5&x"), cookie(signed(good)), status=200),
        Row("cookie: token alone, the rest in the query", with_query(f"expires={expires}"), cookie(f"token={token}")),

        # In front of the path
        Row("front: good", show + PREFIX + "show/a", status=200),
        Row("front: good, and an own query", show + PREFIX + "show/a?t=5"),
        Row("front: for another folder", show + FILM_PATH),
        Row("front: for a folder with a longer name", signing.front(PREFIX + "sho") + PREFIX + "show/a"),
        Row("front: late", signing.front(PREFIX + "show/", now - 3600) + PREFIX + "show/a"),
        Row("front: changed", show.replace("HS256-", "HS256-A") + PREFIX + "show/a"),
        Row("front: and a token in the query", show + with_query(good, PREFIX + "show/a")),
        Row("front: and the same token in the query", show + PREFIX + "show/a?" + show[len("/bcdn_"):]),
        Row("front: good, and a bad cookie", show + PREFIX + "show/a", cookie("token=x"), status=200),
        Row("front: bad, and a good cookie", "/bcdn_token=x&expires=1" + FILM_PATH, cookie(signed(good))),
        Row("front: twice, the good one first", show + "/bcdn_token=x&expires=1" + PREFIX + "show/a", status=404,
            ways=dict.fromkeys(REWRITING, 200) | NOT_LED),
        Row("front: twice, the good one last", "/bcdn_token=x&expires=1" + show + PREFIX + "show/a", status=404,
            ways=dict.fromkeys(REWRITING, 403) | NOT_LED),
        Row("front: something else behind it", show + "/x" + PREFIX + "show/a", status=404,
            ways=dict.fromkeys(REWRITING, 200) | NOT_LED),
        Row("front: something else behind it, and another film", show + "/x" + FILM_PATH, status=404,
            ways=dict.fromkeys(REWRITING, 403) | NOT_LED),
        Row("front: dots", show + PREFIX + "show/../film", status=404),
        Row("front: encoded dots", show + PREFIX + "show/%2e%2e/film", status=404),
        Row("front: encoded slash and dots", show + PREFIX + "show/..%2ffilm", status=404),
        Row("front: nothing behind it", show, status=404, ways=NOT_LED),

        # Whatever is asked, it is asked first
        Row("no link: HEAD", method="HEAD"),
        Row("no link: a range", fields=[("Range", "bytes=0-9")]),
        Row("no link: a range that is not there", fields=[("Range", "bytes=99999999-")]),
        Row("no link: If-None-Match", fields=[("If-None-Match", "*")]),
        Row("no link: If-Match", fields=[("If-Match", '"x"')]),
        Row("no link: no such film", PREFIX + "none", status=403),
        Row("no link: OPTIONS", method="OPTIONS", status=204),
        Row("no link: DELETE", method="DELETE", status=405),
    ]



# The catalogue

SESSION = "__Host-session"
QUERY = """SELECT v.status AS status, CASE
 WHEN l.token IS NOT NULL OR u.user IS NOT NULL OR g.user IS NOT NULL THEN 200
 WHEN s.user IS NULL THEN 401 ELSE 403 END AS allow
 FROM videos AS v
 LEFT JOIN links AS l ON l.token = :_query_t AND l.video = v.id
 LEFT JOIN grants AS u ON u.user = :REMOTE_USER AND u.video = v.id
 LEFT JOIN sessions AS s ON s.token = :_cookie___Host_session AND s.until > :_now_epoch
 LEFT JOIN grants AS g ON g.user = s.user AND g.video = v.id
 WHERE v.id = :id""".replace("\n", "")

# An id of several parts is none for the table of reelgate's own.
FILMS = """CREATE TABLE films (id TEXT PRIMARY KEY);
INSERT INTO films VALUES ('film'), ('film1'), ('FILM'), ('other'), ('show/a');"""
TABLES = access.TABLES + FILMS + "CREATE TABLE links (token TEXT, video TEXT);"
FILMS_QUERY = "SELECT 'complete' AS status, id || '.mp4' AS file FROM films WHERE id = ?1"

# What web servers say of a field of more than 8 KiB; the others pass it on.
LONG = {**dict.fromkeys(("lighttpd, which starts reelgate", "lighttpd, connecting to a running reelgate",
                         "lighttpd, sending files itself"), 431),
        **dict.fromkeys(("Apache with mod_fcgid", "Apache with mod_proxy_fcgi", "Apache, sending files itself",
                         "Apache with mod_fcgid, sending files itself", "nginx", "nginx, sending files itself"), 400)}

# A zero byte in the query, which some web servers refuse by themselves.
BAD_BYTE = dict.fromkeys(("lighttpd, which starts reelgate", "lighttpd, connecting to a running reelgate",
                          "lighttpd, sending files itself"), 400)


def session(value, name=SESSION):
    return [("Cookie", f"a=b; {name}={value}; c=d")]


def catalogue_rows():
    padding = "pad=" + 8192 * "x"
    return [
        Row("nobody", status=401),
        Row("session", fields=session("adas"), status=200),
        Row("session: HEAD", fields=session("adas"), method="HEAD", status=200),
        Row("session: quoted", fields=session('"adas"'), status=200),
        Row("session: quoted on one side", fields=session('"adas'), status=401),
        Row("session: of one without the film", fields=session("bobs")),
        Row("session: of no user", fields=session("nobodys")),
        Row("session: over", fields=session("late"), status=401),
        Row("session: empty", fields=session(""), status=401),
        Row("session: another case", fields=session("ADAS"), status=401),
        Row("session: a pattern", fields=session("ad%"), status=401),
        Row("session: a quote of SQL", fields=session("' OR 1=1 --"), status=401),
        Row("session: encoded, which cookies are not", fields=session("%61das"), status=401),
        Row("session: twice, alike", fields=[("Cookie", f"{SESSION}=adas; {SESSION}=adas")], status=401),
        Row("session: twice, the good one first", fields=[("Cookie", f"{SESSION}=adas; {SESSION}=bobs")], status=401),
        Row("session: twice, the good one last", fields=[("Cookie", f"{SESSION}=bobs; {SESSION}=adas")], status=401),
        Row("session: in two lines", fields=[*session("bobs"), *session("adas")], status=401),
        Row("session: in two lines, alike", fields=[*session("adas"), *session("adas")], status=401),
        Row("session: twice by names that are one for SQL",
            fields=[("Cookie", f"{SESSION}=adas; __Host_session=adas")], status=401),
        Row("session: name that is the same for SQL", fields=session("adas", "__Host.session"), status=200),
        Row("session: name of another case", fields=session("adas", "__host-session"), status=401),
        Row("session: longer name", fields=session("adas", "x__Host-session"), status=401),
        Row("session: within another cookie", fields=[("Cookie", f'a="{SESSION}=adas"')], status=401),
        Row("session: commas between cookies", fields=[("Cookie", f"a=b, {SESSION}=adas")], status=401),
        Row("session: 8 KiB of cookies", fields=[("Cookie", f"{padding}; {SESSION}=adas")], status=200, ways=LONG),
        Row("session: 8 KiB of cookies, none of them good", fields=[("Cookie", f"{padding}; {SESSION}=x")], status=401,
            ways=LONG),
        Row("session: in another field", fields=[("X-Cookie", f"{SESSION}=adas"), ("Cookie2", f"{SESSION}=adas")],
            status=401),
        Row("session: in the query", FILM_PATH + f"?{SESSION}=adas&session=adas", status=401),
        Row("session: good, and the film of another", PREFIX + "other", session("adas")),
        Row("session: good, and no such film", PREFIX + "none", session("adas"), status=404),
        Row("session: good, and it is not complete", PREFIX + "pending", session("adas"), status=404),

        Row("user: claimed by the client", fields=[("Remote-User", "ada"), ("X-Remote-User", "ada"), ("User", "ada")],
            status=401),
        Row("user: claimed under the very name", fields=[("REMOTE_USER", "ada"), ("Remote_User", "ada")], status=401),
        Row("user: claimed with a password that nobody asks for",
            fields=[("Authorization", "Basic YWRhOmFkYQ==")], status=401),
        Row("user: claimed in the query", FILM_PATH + "?REMOTE_USER=ada&remote_user=ada", status=401),

        Row("argument", FILM_PATH + "?t=good", status=200),
        Row("argument: among others", FILM_PATH + "?a=b&t=good&c", status=200),
        Row("argument: encoded", FILM_PATH + "?t=%67ood", status=200),
        Row("argument: encoded twice", FILM_PATH + "?t=%2567ood", status=401),
        Row("argument: twice, alike", FILM_PATH + "?t=good&t=good", status=401),
        Row("argument: twice, the good one first", FILM_PATH + "?t=good&t=bad", status=401),
        Row("argument: twice, the good one last", FILM_PATH + "?t=&t=good", status=401),
        Row("argument: empty", FILM_PATH + "?t=", status=401),
        Row("argument: without a value", FILM_PATH + "?t", status=401),
        Row("argument: name of another case", FILM_PATH + "?T=good", status=401),
        Row("argument: value of another case", FILM_PATH + "?t=GOOD", status=401),
        Row("argument: of another film", PREFIX + "other?t=good", status=401),
        Row("argument: a quote of SQL", FILM_PATH + "?t='%20OR%20'1'='1", status=401),
        Row("argument: a zero byte behind it", FILM_PATH + "?t=good%00", status=401, ways=BAD_BYTE),
        Row("argument: a blank behind it", FILM_PATH + "?t=good+", status=401),
        Row("argument: semicolon as separator", FILM_PATH + "?a=b;t=good", status=401),
        Row("argument: that cannot be decoded", FILM_PATH + "?t=good%zz", status=401),
        Row("argument: in a second question mark", FILM_PATH + "??t=good", status=401),
        Row("link in front, where there are no keys", signing.front(PREFIX) + FILM_PATH, session("adas"), status=404),

        Row("nobody: OPTIONS", method="OPTIONS", status=204),
        Row("nobody: If-None-Match", fields=[("If-None-Match", "*")], status=401),
        Row("nobody: a range that is not there", fields=[("Range", "bytes=99999999-")], status=401),
    ]


# Questions of servers that ask first. They come over HTTP, below /api/stream/, so that the shipped files lead there.

AUTH = PREFIX + "-auth"


def asked(*addresses, field="X-Original-URI"):
    return [(field, address) for address in addresses]


def question_rows():
    ada, bob, other = session("adas"), session("bobs"), PREFIX + "other"
    secret, public = asked(other), asked(FILM_PATH)
    return [
        Row("film", AUTH, [*public, *ada], status=204),
        Row("film: HEAD", AUTH, [*public, *ada], status=204, method="HEAD"),
        Row("film: in the other field", AUTH, [*asked(FILM_PATH, field="X-Forwarded-Uri"), *ada], status=204),
        Row("film: in the query", f"{AUTH}?{FILM_PATH}", ada, status=204),
        Row("film: in the query, encoded", f"{AUTH}?uri={urllib.parse.quote(FILM_PATH, safe='')}", ada, status=204),
        Row("film: in all of them", f"{AUTH}?{FILM_PATH}", [*public, *asked(FILM_PATH, field="X-Forwarded-Uri"), *ada],
            status=204),
        Row("film: in absolute form", AUTH, [*asked("https://films.example" + FILM_PATH), *ada], status=204),
        Row("film: with an argument that opens it", AUTH, asked(FILM_PATH + "?t=good"), status=204),
        Row("film: a part of it", AUTH, [*public, *ada, ("Range", "bytes=0-9"), ("If-None-Match", "*")], status=204),
        Row("argument of the question itself", AUTH + "?t=good", public, status=401),
        Row("nobody", AUTH, public, status=401),
        Row("nobody: a part of it", AUTH, [*public, ("Range", "bytes=0-9"), ("If-None-Match", "*")], status=401),
        Row("one without the film", AUTH, [*public, *bob]),
        Row("one without the film: a method that the client claims", AUTH,
            [*public, *bob, ("X-Forwarded-Method", "OPTIONS")]),
        Row("film that is not complete", AUTH, [*asked(PREFIX + "pending"), *ada], status=404),
        Row("no such film", AUTH, [*asked(PREFIX + "none"), *ada], status=404),
        Row("no address", AUTH, ada, status=404),
        Row("address of something else", AUTH, [*asked("/private/film"), *ada], status=404),
        Row("path that is resolved elsewhere", AUTH, [*asked(PREFIX + "x/../film"), *ada], status=404),
        Row("question about a question", AUTH, [*asked(f"{AUTH}?{FILM_PATH}"), *ada], status=404),
        Row("two fields that do not agree", AUTH, [*secret, *asked(FILM_PATH, field="X-Forwarded-Uri"), *ada]),
        Row("field and query that do not agree", f"{AUTH}?{other}", [*public, *ada]),
        Row("field twice, the client's first", AUTH, [*asked(FILM_PATH + "?x", other), *ada]),
        Row("field twice, the client's last", AUTH, [*asked(other, FILM_PATH), *ada]),
        Row("field with another below a name that is the same in CGI", AUTH,
            [*secret, *asked(FILM_PATH, field="X_Original_URI"), *asked(FILM_PATH, field="X-Original_URI"), *ada]),
        Row("field with another above it", AUTH,
            [*asked(FILM_PATH, field="X_Original_URI"), *asked(FILM_PATH, field="X-Original_URI"), *secret, *ada]),
        Row("query twice", f"{AUTH}?uri={FILM_PATH}&uri={other}", ada),
        Row("two addresses in one", AUTH, [*asked(f"{FILM_PATH}?x,{other}"), *ada]),
        Row("a blank behind it", f"{AUTH}?uri={FILM_PATH}%20", ada),
        Row("a zero byte behind it", f"{AUTH}?uri={FILM_PATH}%00", ada, ways=BAD_BYTE),
        Row("link in front, where there are no keys", AUTH, [*asked(signing.front(PREFIX) + FILM_PATH), *ada],
            status=404),
        Row("link in front of the question", signing.front(PREFIX) + AUTH + "?" + FILM_PATH, ada, status=404),
        Row("OPTIONS", AUTH, public, method="OPTIONS", status=204),
    ]


def make_volume(folder):
    volume = support.Volume(folder / "data")
    for video in ("film", "film1", "FILM", "other"):
        volume.add(video, FILM)
    volume.row("pending", "pending")
    (volume.videos / "pending.mp4").write_bytes(FILM)
    (volume.videos / "show").mkdir()
    (volume.videos / "show/a.mp4").write_bytes(FILM)
    access.execute(volume, TABLES)
    for token, user, seconds in (("adas", "ada", 3600), ("bobs", "bob", 3600), ("late", "ada", -1), ("", "ada", 3600),
                                 ("nobodys", "", 3600)):
        access.log_in(volume, token, user, seconds)
    for video in ("film", "pending"):
        access.grant(volume, "ada", video)
    for token in ("good", ""):
        access.execute(volume, "INSERT INTO links VALUES (?, 'film')", token)
    return volume


# Ways in

def words_of(options):
    return [str(word) for name, value in options.items() for word in (f"--{name}", value)]


class Get:
    name = "get"

    def __init__(self, folder, volume, options):
        self.options = ["--data", volume.path, *words_of(options)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, row):
        headers = [word for name, value in row.fields for word in ("--header", f"{name}: {value}")]
        done = support.reelgate("get", *self.options, "--method", row.method, "--meta", f"REMOTE_ADDR={OWN_ADDRESS}",
                                *headers, row.target)
        equal(done.returncode, 0, f"exit status: {done.stderr}")
        return support.parse_document_response(done.stdout)


def environment_of(options):
    return {f"REELGATE_{name.upper().replace('-', '_')}": str(value) for name, value in options.items()}


def variables_of(row):
    """Those of CGI; of two fields with one name the values are joined."""
    joined = {"REMOTE_ADDR": OWN_ADDRESS, "REMOTE_USER": "", "QUERY_STRING": row.target.partition("?")[2]}
    for name, value in row.fields:
        name = "HTTP_" + name.upper().replace("-", "_")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


class Cgi(Get):
    name = "CGI"

    def __init__(self, folder, volume, options):
        self.environment = support.clean_environment(REELGATE_DATA=str(volume.path), **environment_of(options))

    def ask(self, row):
        own = {"REQUEST_METHOD": row.method, "REQUEST_URI": row.target, **variables_of(row)}
        done = subprocess.run([support.PROGRAM], env={**self.environment, **own}, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=support.DEADLINE, check=True)
        return support.parse_document_response(done.stdout)


class Socket:
    name = "FastCGI"

    def __init__(self, folder, volume, options):
        self.serving = support.Serving(folder, volume, *words_of(options))

    def __enter__(self):
        self.serving.__enter__()
        return self

    def __exit__(self, *failure):
        self.serving.__exit__(*failure)

    def ask(self, row):
        with fastcgi.Connection(self.serving.address) as connection:
            connection.send(row.target, row.method, list(variables_of(row).items()))
            return connection.read_reply()


class Http:
    def __init__(self, kind, folder, volume, options):
        self.server = kind(folder, volume)
        self.name = kind.name
        self.server.environment |= environment_of(options)

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *failure):
        self.server.__exit__(*failure)

    def ask(self, row):
        return support.parse_http(support.http_raw(self.server.port,
                                                   support.http_request(row.target, row.method, row.fields)))


WEB = [*servers.ALL, *servers.OFFLOADING]
WAYS = [Get, Cgi, Socket, *((lambda *place, kind=kind: Http(kind, *place)) for kind in WEB)]

CHALLENGE = 'Cookie realm="films"'


def run(way, row):
    reply = way.ask(row)
    wanted = row.ways.get(way.name, row.status)
    has_film = any(FILM[place:place + 10] in reply.content for place in (0, 10, 20_000, 39_000))
    equal((reply.status, has_film), (wanted, wanted == 200 and row.method == "GET"), "status, has the film")
    if wanted == 200:
        equal(reply.field("Cache-Control"), "private, no-cache", "Cache-Control")
        if row.method == "GET":
            equal(reply.content, FILM, "content")
    elif row.target.startswith(AUTH) and wanted == row.status:
        equal((reply.field("Cache-Control"), reply.content), ("no-store", b""), "Cache-Control, content")
    elif wanted == row.status and wanted in (401, 403):
        equal(reply.field("Cache-Control"), "no-store", "Cache-Control")
        equal(reply.field("WWW-Authenticate"), CHALLENGE if wanted == 401 else None, "WWW-Authenticate")


def main():
    report = support.Report()
    for make in WAYS:
        with support.Folder() as folder:
            volume = make_volume(folder)
            keys = servers.key_file(folder)
            for what, rows, options in (
                    ("links", link_rows(), {"link-key": keys, "link-cookie": LINK_COOKIE, "id-segments": "2",
                                            "query": FILMS_QUERY}),
                    ("catalogue", catalogue_rows(), {"query": QUERY, "www-authenticate": CHALLENGE}),
                    ("questions", question_rows(), {"query": QUERY, "www-authenticate": CHALLENGE, "auth-path": AUTH})):
                own = folder / what
                own.mkdir()
                way = make(own, volume, options)
                with report.group(f"{way.name}, {what}: starts and stops"), way:
                    for row in rows:
                        with report.row(f"{way.name}, {what}: {row.name}: {row.status}"):
                            run(way, row)
    report.finish()


main()
