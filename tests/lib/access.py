"""Owns what tests of access share: an application's tables of sessions and grants, with the query that asks them.

Does not sign links: signing.py does.

SPDX-License-Identifier: MIT
"""
import contextlib
import sqlite3
import time

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
