"""Owns the WebDriver protocol (W3C) for tests, and a headless Chromium, whose chromedriver speaks it.

Does not know the pages.
SPDX-License-Identifier: MIT
"""
import base64
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

import support

# A browser without a sandbox of its own (tests may run as root), without a display, and without the background
# traffic that would look for hosts outside.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--autoplay-policy=no-user-gesture-required", "--window-size=1200,900"]

# Keys, from WebDriver's table of key codes.
TAB, ENTER, HOME, LEFT, RIGHT, DOWN = "\ue004", "\ue007", "\ue011", "\ue012", "\ue014", "\ue015"


# A page with a player: behind the question mark the address of the film, behind the hash a cookie with its attributes.
VIDEO_PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>A film</title>
<link rel="icon" href="data:,">
<video muted preload="auto"></video>
<script>
if (location.hash) document.cookie = location.hash.slice(1) + '; path=/';
document.querySelector('video').src = location.search.slice(1);
</script>
"""


class WebDriver:
    """A browser behind a driver that speaks WebDriver. One tab, or several with one selected. `run` returns what a
    script passes to its last argument, a callback."""

    def __init__(self, folder):
        self.folder = folder
        self.driver = self.session = None

    def start(self, program, environment, capabilities):
        """Starts the driver, which keeps a log in the folder, and by it the browser."""
        port = support.free_port()
        with open(self.folder / f"{program.name}.log", "ab") as log:
            self.driver = subprocess.Popen([program, f"--port={port}"], stdin=subprocess.DEVNULL, stdout=log,
                                           stderr=log, env={**os.environ, **environment})
        self.address = f"http://127.0.0.1:{port}/session"
        support.wait_until(lambda: support.can_connect(("127.0.0.1", port)), program.name, self.driver)
        wanted = {"timeouts": {"script": 1000 * support.DEADLINE}, **capabilities}
        self.session = self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def __exit__(self, *_):
        try:
            if self.session:
                self.call("DELETE", "")
        finally:
            self.session = None
            if self.driver:
                support.stop(self.driver)

    def call(self, method, path, content=None):
        url = self.address + (f"/{self.session}" if self.session else "") + path
        data = json.dumps(content).encode() if content is not None else None
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        # No proxy, even if the environment names one: this is the loopback interface.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=2 * support.DEADLINE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as refusal:
            raise RuntimeError(f"{path}: {json.load(refusal)['value']['message']}: {content}") from None

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def open_another(self):
        """Opens another tab, in a window of its own so that it is as visible, and turns to it. Gives both tabs."""
        tabs = self.call("GET", "/window"), self.call("POST", "/window/new", {"type": "window"})["handle"]
        self.turn_to(tabs[1])
        return tabs

    def turn_to(self, tab):
        self.call("POST", "/window", {"handle": tab})

    def close(self, tab):
        """Closes the tab turned to, and turns to `tab`."""
        self.call("DELETE", "/window")
        self.turn_to(tab)

    def run(self, script, *arguments):
        return self.call("POST", "/execute/async", {"script": script, "args": arguments})


class Browser(WebDriver):
    """Chromium."""

    def __init__(self, folder, *flags):
        super().__init__(folder)
        self.flags = [*FLAGS, *flags]

    def __enter__(self):
        options = {"args": [*self.flags, f"--user-data-dir={self.folder}/profile"], "binary": "/usr/bin/chromium"}
        try:
            self.start(pathlib.Path("/usr/bin/chromedriver"), {"TMPDIR": str(self.folder)},
                       {"browserName": "chrome", "goog:chromeOptions": options})
        except BaseException:
            self.__exit__()
            raise
        return self

    def devtools(self, command, **parameters):
        """A command of the Chrome DevTools Protocol, for what WebDriver has no word for."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def show_as(self, width, height, scheme="light"):
        """Makes the tab so large, in CSS pixels, and lets it prefer the colour scheme `light` or `dark`."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, *keys):
        """Presses keys, one after the other, as a keyboard would."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def screenshot(self, **options):
        """The tab as an image: a PNG, unless `format` and `quality` say otherwise."""
        return base64.b64decode(self.devtools("Page.captureScreenshot", **options)["data"])
