"""The status page through web servers, and in Chromium.

Does not test the figures: status_test.py does.
SPDX-License-Identifier: MIT
"""
import contextlib
import json

import browser
import fastcgi
import servers
import support
from support import equal
from viewers import LARGE, LARGE_PATH

# Gives [the line beside the heading, viewers, tables, whether the page is wider than the window, paths of a graph] once
# two samples are there, since it takes two for a rate.
PAGE_SAYS = """
const done = arguments[0], text = id => document.getElementById(id).textContent;
const look = () => {
  if (!document.querySelector('#rate-graph path, #viewers-graph path')) return false;
  done([text('since'), text('viewers'), document.querySelectorAll('table').length,
        document.documentElement.scrollWidth > window.innerWidth,
        document.querySelectorAll('#viewers-graph path').length]);
  return true;
};
look() || new MutationObserver((_, observer) => look() && observer.disconnect())
  .observe(document.body, {childList: true, subtree: true, characterData: true});
"""


def check_page(report, folder, volume):
    path = "/api/stream/reelgate-status"
    for kind in (servers.Nginx, servers.LighttpdConnect):
        place = folder / kind.__name__
        place.mkdir()
        front = kind(place, volume)
        front.environment["REELGATE_STATUS_PATH"] = path
        with front, contextlib.ExitStack() as viewers:
            with report.row(f"{kind.name}: text, JSON and OpenMetrics come through"):
                equal(support.http(front.port, path).field("Content-Type"), "text/plain; charset=utf-8", "Content-Type")
                assert "threads" in json.loads(support.http(front.port, path + "?json").content)
                equal(support.http(front.port, path + "?openmetrics").content[-6:], b"# EOF\n", "the end")
            running = str(front.folder / "running.sock")
            for _ in range(3):
                connection = viewers.enter_context(fastcgi.Connection(running))
                connection.send(LARGE_PATH)
                connection.read_record()
            for width in (400, 1200):
                with report.row(f"{kind.name}: the page in Chromium, {width} wide"), \
                        browser.Browser(place) as tab:
                    tab.call("POST", "/window/rect", {"width": width, "height": 900})
                    tab.open(f"http://127.0.0.1:{front.port}{path}?html")
                    since, count, tables, is_too_wide, paths = tab.run(PAGE_SAYS)
                    assert "running for" in since, since
                    equal((count, tables, is_too_wide, paths), ("3", 7, False, 2), "viewers, tables, too wide, paths")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.sparse("large", LARGE, {})
        check_page(report, folder, volume)
    report.finish()


main()
