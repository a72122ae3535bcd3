"""Owns the browsers that are judges: Chromium, Firefox and WebKitGTK, which is the nearest there is to Safari. Each is
a class with the same few methods, `open`, `open_another`, `close` and `run`, and with what is its own way of asking.

Does not know pages and servers. SPDX-License-Identifier: MIT
"""
import contextlib
import json
import os
import pathlib
import socket
import subprocess

import browser
import display
import support

MINI_BROWSERS = "webkit2gtk-4.*/MiniBrowser"

# Of Firefox: any free port for Marionette, films that play without a click, and no looking for hosts outside.
PREFERENCES = {
    "marionette.port": 0,
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "app.normandy.enabled": False,
}


def own_home(folder, name):
    """A home for a browser, in a folder that belongs to the user of the tests: Firefox refuses another's."""
    home = folder / name
    home.mkdir(exist_ok=True)
    return home


class Chromium(browser.Browser):
    name = "Chromium"
    first_range = "bytes=0-"  # of its first question
    asks_again = True  # by itself, when the network is gone
    preload = "auto"  # what a page sets, so that it fetches ahead no more than it needs


class WebKit(browser.WebDriver):
    """WebKitGTK's MiniBrowser. It has no mode without a display, so it gets one of its own."""
    name = "WebKitGTK"
    first_range = ""
    asks_again = False
    preload = "metadata"  # with "auto" it puts all of the film on its disk at once, even while it pauses

    def __enter__(self):
        home = str(own_home(self.folder, "webkit"))
        environment = {"GDK_BACKEND": "x11", "HOME": home, "TMPDIR": home, "XDG_RUNTIME_DIR": home}
        options = {"binary": str(mini_browser()), "args": ["--automation", "--autoplay-policy=allow"]}
        with contextlib.ExitStack() as stack:
            shown = stack.enter_context(display.Display(self.folder))
            stack.push(super().__exit__)
            self.start(pathlib.Path("/usr/bin/WebKitWebDriver"), {"DISPLAY": shown.name, **environment},
                       {"webkitgtk:browserOptions": options})
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)


def mini_browser():
    """It belongs to a library, in a folder whose name depends on machine and version."""
    found = sorted(pathlib.Path("/usr/lib").glob(f"*/{MINI_BROWSERS}"))
    assert found, f"no {MINI_BROWSERS} below /usr/lib"
    return found[-1]


class Firefox:
    """A headless Firefox, driven through Marionette, its own protocol: Debian has nothing that translates WebDriver to
    it."""
    name = "Firefox"
    first_range = "bytes=0-"
    asks_again = False
    preload = "auto"

    def __init__(self, folder):
        self.folder = folder
        self.process = self.connection = None
        self.count = 0

    def __enter__(self):
        home = own_home(self.folder, "firefox")
        profile = home / "profile"
        profile.mkdir(exist_ok=True)
        (profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()))
        port = profile / "MarionetteActivePort"
        port.unlink(missing_ok=True)
        try:
            with open(self.folder / "firefox.log", "ab") as log:
                self.process = subprocess.Popen(
                    ["/usr/bin/firefox-esr", "--marionette", "--headless", "--no-remote", "--profile", str(profile)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={**os.environ, "HOME": str(home), "TMPDIR": str(home)})
            self.connect(port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def connect(self, place):
        """Begins a session on the port that Firefox writes into a file."""
        support.wait_until(lambda: place.exists() and place.read_text(), "Firefox", self.process)
        self.connection = socket.create_connection(("127.0.0.1", int(place.read_text())), 2 * support.DEADLINE)
        self.replies = self.connection.makefile("rb")
        self.read()  # who it is
        self.call("WebDriver:NewSession", capabilities={"timeouts": {"script": 1000 * support.DEADLINE}})

    def __exit__(self, *_):
        try:
            if self.connection:
                self.call("Marionette:Quit", flags=["eAttemptQuit"])
                self.process.wait(support.DEADLINE)
        finally:
            if self.connection:
                self.connection.close()
            if self.process:
                support.stop(self.process)

    def read(self):
        """A message: its length in bytes, a colon, JSON."""
        length = b""
        while (byte := self.replies.read(1)) != b":":
            assert byte, "Firefox has closed the connection"
            length += byte
        return json.loads(self.replies.read(int(length)))

    def call(self, command, **parameters):
        self.count += 1
        message = json.dumps([0, self.count, command, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(message), message))
        _, number, failure, result = self.read()
        assert number == self.count, f"{command}: the answer to another command"
        if failure:
            raise RuntimeError(f"{command}: {failure['error']}: {failure['message']}")
        return result

    def open(self, url):
        self.call("WebDriver:Navigate", url=url)

    def open_another(self):
        tabs = (self.call("WebDriver:GetWindowHandle")["value"],
                self.call("WebDriver:NewWindow", type="window", focus=True)["handle"])
        self.turn_to(tabs[1])
        return tabs

    def turn_to(self, tab):
        self.call("WebDriver:SwitchToWindow", handle=tab, focus=True)

    def close(self, tab):
        self.call("WebDriver:CloseWindow")
        self.turn_to(tab)

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteAsyncScript", script=script, args=arguments)["value"]
