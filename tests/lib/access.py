"""Owns what tests of access share: an application's tables of sessions and grants with the query that asks them, and
links that are signed here, from the description of the token alone.

SPDX-License-Identifier: MIT
"""
import base64
import contextlib
import hashlib
import hmac
import ipaddress
import shutil
import sqlite3
import time
import urllib.parse

# As an application would have it: whoever has a session, and what was granted to whom.
TABLES = """
CREATE TABLE sessions (token TEXT PRIMARY KEY, user TEXT NOT NULL, until INTEGER NOT NULL);
CREATE TABLE grants (user TEXT NOT NULL, video TEXT NOT NULL, PRIMARY KEY (user, video));
"""

# The tables decide, for a session in a cookie. Without one: log in first.
SESSION_QUERY = """SELECT v.status AS status,
 CASE WHEN s.user IS NULL THEN 401 WHEN g.user IS NULL THEN 403 ELSE 200 END AS allow
 FROM videos AS v
 LEFT JOIN sessions AS s ON s.token = :_cookie_session AND s.until > :_now_epoch
 LEFT JOIN grants AS g ON g.user = s.user AND g.video = v.id
 WHERE v.id = :id""".replace("\n", "")

CHALLENGE = 'Cookie realm="films"'
SESSION_OPTIONS = ("--query", SESSION_QUERY, "--www-authenticate", CHALLENGE)

# Who is logged in at the web server.
USER_QUERY = """SELECT v.status AS status, CASE WHEN g.user IS NULL THEN 403 ELSE 200 END AS allow
 FROM videos AS v LEFT JOIN grants AS g ON g.user = :REMOTE_USER AND g.video = v.id
 WHERE v.id = :id""".replace("\n", "")

# Seconds for which a link is still taken after its end.
LEEWAY = 60

KEY = hashlib.sha256(b"a key of links").digest()
OTHER_KEY = hashlib.sha256(b"another key of links").digest()


def execute(volume, statements, *values):
    """Changes the application's tables in the catalogue."""
    with contextlib.closing(sqlite3.connect(volume.database)) as connection, connection:
        if values:
            connection.execute(statements, values)
        else:
            connection.executescript(statements)


def add_tables(volume):
    execute(volume, TABLES)


def log_in(volume, token, user, seconds=3600):
    execute(volume, "INSERT INTO sessions VALUES (?, ?, ?)", token, user, int(time.time()) + seconds)


def grant(volume, user, video):
    execute(volume, "INSERT INTO grants VALUES (?, ?)", user, video)


def withdraw(volume, user, video):
    execute(volume, "DELETE FROM grants WHERE user = ? AND video = ?", user, video)


def write_keys(path, *keys):
    """The file of --link-key: a key a line, in base64."""
    path.touch(0o640)
    path.write_text("".join(base64.b64encode(key).decode() + "\n" for key in keys or [KEY]))
    return path


def give(path, user):
    """Makes a file of root's the group's of `user`, as a packaged key file would be."""
    shutil.chown(path, group=user)


def in_an_hour():
    return int(time.time()) + 3600


def token(path, expires, key=KEY, address="", **more):
    """HMAC-SHA256 of path, time, the bytes of the address, and all other parameters, sorted."""
    packed = ipaddress.ip_address(address).packed if address else b""
    if len(packed) == 16:
        packed = packed[:8] + bytes(8)
    rest = "&".join(f"{name}={value}" for name, value in sorted(more.items()))
    digest = hmac.new(key, more.get("token_path", path).encode() + str(expires).encode() + packed + rest.encode(),
                      hashlib.sha256).digest()
    return "HS256-" + ("1-" if address else "") + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def link(path, expires=None, key=KEY, address="", **more):
    """The parameters of a link, as a query."""
    expires = expires or in_an_hour()
    return urllib.parse.urlencode({"token": token(path, expires, key, address, **more), **more, "expires": expires})


def front(folder, expires=None, **more):
    """A link for all below a folder, as it stands in front of the path."""
    return "/bcdn_" + link(folder, expires, token_path=folder, **more)
