"""Owns links that expire, signed here from the description of the token alone, and files of keys.

Does not know any server.
SPDX-License-Identifier: MIT
"""
import base64
import hashlib
import hmac
import ipaddress
import time
import urllib.parse

# Seconds for which a link is still taken after its end.
LEEWAY = 60

KEY = hashlib.sha256(b"a key of links").digest()
OTHER_KEY = hashlib.sha256(b"another key of links").digest()


def write_keys(path, *keys, mode=0o640):
    """Replaces a file of --link-key, a key a line, as an editor does: in one step."""
    new = path.with_name(path.name + ".new")
    new.write_text("".join(base64.b64encode(key).decode() + "\n" for key in keys))
    new.chmod(mode)
    new.rename(path)
    return path


def in_an_hour():
    return int(time.time()) + 3600


def token(path, expires, key=KEY, address="", **more):
    """HMAC-SHA256 of path, time, the bytes of the address, and all other parameters, sorted."""
    packed = ipaddress.ip_address(address).packed if address else b""
    if len(packed) == 16:
        packed = packed[:8] + bytes(8)
    rest = "&".join(f"{name}={value}" for name, value in sorted(more.items()))
    message = more.get("token_path", path).encode() + str(expires).encode() + packed + rest.encode()
    signature = base64.urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).decode().rstrip("=")
    return "HS256-" + ("1-" if address else "") + signature


def link(path, expires=None, key=KEY, address="", **more):
    """The parameters of a link, as a query."""
    expires = expires or in_an_hour()
    return urllib.parse.urlencode({"token": token(path, expires, key, address, **more), **more, "expires": expires})


def front(folder, expires=None, **more):
    """A link for all below a folder, as it stands in front of the path."""
    return "/bcdn_" + link(folder, expires, token_path=folder, **more)
