"""Owns links that expire, made without reelgate.

Does not know any server.
SPDX-License-Identifier: MIT
"""
import base64
import hashlib
import hmac
import ipaddress
import urllib.parse


def signature(key, message):
    return base64.urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).rstrip(b"=").decode()


def link(key, path, expires, address=None, **others):
    """The parameters of a link: for a path, or with `token_path` for what is below that."""
    signed = "&".join(f"{name}={value}" for name, value in sorted(others.items()))
    packed = ipaddress.ip_address(address).packed if address else b""
    if len(packed) == 16:
        packed = packed[:8] + bytes(8)
    message = others.get("token_path", path).encode() + str(expires).encode() + packed + signed.encode()
    token = ("HS256-1-" if address else "HS256-") + signature(key, message)
    return "&".join([f"token={token}", f"expires={expires}",
                     *(f"{name}={urllib.parse.quote(str(value), safe='')}" for name, value in sorted(others.items()))])


def write_keys(path, *keys, mode=0o640):
    """Replaces a file of keys, in hexadecimal digits, as an editor does: in one step."""
    new = path.with_name(path.name + ".new")
    new.write_text("".join(f"{key.hex()}\n" for key in keys))
    new.chmod(mode)
    new.rename(path)
