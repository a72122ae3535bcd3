"""The demo's page as a site may use it, in a real browser: the list of films, the keyboard, the strip, what it says when
a film cannot be played, and that it can be read: by day, by night, and on a telephone.

SPDX-License-Identifier: MIT
"""
import contextlib
import json
import re
import shutil
import sqlite3

import browser
import demo
import support
from support import equal

PAGE = support.ROOT / "conf/demo/index.html"
SIZE_LIMIT = 30_000

# One with what SQL, JSON and an id stumble over, and with a word that is longer than a telephone is wide.
SECOND_TITLE = 'Winter\'s "second" reel, Rinderkennzeichnungsfleischetikettierungsüberwachung'

# The least contrast of text and what is behind it (WCAG 2.2, 1.4.3).
LEAST_CONTRAST = 4.5

# Where neither the seek nor what a browser takes at the beginning reaches: at the demo's rate that is half a minute off.
SOUGHT, DARK = 45, 36

# Calls back with what an expression gives, once that is something.
UNTIL = """
const [expression, done] = arguments, look = () => {
  const got = eval(expression);
  got ? done(got) : requestAnimationFrame(look);
};
look();
"""

LIST = "[...document.querySelectorAll('aside li')].map(item => [...item.querySelectorAll('span, time')].map(" \
       "part => part.innerText))"

FOCUS = "(({id, textContent}) => id || textContent)(document.activeElement)"

# For places in seconds: does the strip show that the browser holds that, and does it?
HELD = """
(() => {
  const video = document.querySelector('video'), bar = document.getElementById('bar').getBoundingClientRect();
  const pieces = [...document.querySelectorAll('#bar .held')].map(piece => piece.getBoundingClientRect());
  const shown = s => pieces.some(({left, right}) =>
    left <= bar.left + bar.width * s / video.duration && bar.left + bar.width * s / video.duration <= right);
  const ranges = [...Array(video.buffered.length).keys()].map(i => [video.buffered.start(i), video.buffered.end(i)]);
  // Not where an edge is near: pieces have a least width.
  const near = s => ranges.flat().some(edge => Math.abs(edge - s) < 0.5);
  return [...Array(60).keys()].filter(s => !near(s)).map(s => [s, shown(s), ranges.some(([a, b]) => a <= s && s <= b)]);
})()
"""

# The lowest contrast of all text that is shown, with the text: colours mixed down to what is opaque, as WCAG 2.2 says
# under "contrast ratio" and "relative luminance".
CONTRAST = """
(() => {
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
  const behind = e => e ? over(colour(getComputedStyle(e).backgroundColor), behind(e.parentElement)) : [255, 255, 255];
  const luminance = rgb => {
    const [r, g, b] = rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = e => {
    const ground = behind(e), text = over(colour(getComputedStyle(e).color), ground);
    const [low, high] = [luminance(ground), luminance(text)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const says = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.checkVisibility();
  const all = [...document.body.querySelectorAll('*')].filter(says).map(e => [contrast(e), e.innerText]);
  return all.length > 20 && [getComputedStyle(document.body).backgroundColor, ...all.sort(([x], [y]) => x - y)[0]];
})()
"""


def until(tab, expression):
    return tab.run(UNTIL, expression)


def tab_to(tab, wanted):
    """Presses Tab until what has the focus is `wanted`, an id or a text, and shows that it has."""
    for _ in range(30):
        tab.press(browser.TAB)
        if until(tab, FOCUS).startswith(wanted):
            return
    raise AssertionError(f"Tab never comes to {wanted}")


def check_list(report, tab):
    with report.row("page: lists the films with title and length"):
        measured = f"({LIST}).every(([, time]) => time) && ({LIST})"
        equal(until(tab, measured), [["Sample clip", "1:00"], [SECOND_TITLE, "1:00"]], "list")
        equal(until(tab, "document.querySelector('aside [aria-current]').innerText.split('\\n')[0]"), "Sample clip",
              "current")


def check_strip(report, tab, name):
    with report.row(f"{name}: the strip fills where the film was fetched, and nowhere else"):
        until(tab, f"document.querySelector('video').readyState && (document.querySelector('video').currentTime = {SOUGHT})")
        until(tab, f"!document.querySelector('video').seeking && ({HELD}).some(([s, shown]) => s == {SOUGHT} + 1 && shown)")
        # What comes meanwhile is drawn a moment later.
        places = until(tab, f"(places => places.every(([, shown, held]) => shown == held) && places)({HELD})")
        assert [DARK, False, False] in places, f"{DARK} s: fetched although nobody wanted it"


def check_keyboard(report, tab):
    with report.row("page: the strip seeks by keyboard"):
        tab_to(tab, "seek")
        for key, place in ((browser.HOME, 0), (browser.RIGHT, 5), (browser.RIGHT, 10), (browser.LEFT, 5)):
            tab.press(key)
            equal(until(tab, "[document.querySelector('video').currentTime]"), [place], "currentTime")
        until(tab, "document.getElementById('seek').getAttribute('aria-valuetext') == '0:05 of 1:00'")
        until(tab, "getComputedStyle(document.querySelector('.strip')).outlineStyle == 'solid'")
    with report.row("page: another film is chosen by keyboard, and plays"):
        tab_to(tab, "Sample clip")
        tab.press(browser.DOWN)
        equal(until(tab, FOCUS), SECOND_TITLE + "1:00", "focus")
        equal(until(tab, "getComputedStyle(document.activeElement).outlineStyle"), "solid", "outline")
        tab.press(browser.ENTER)
        until(tab, "(v => !v.paused && v.currentTime > 0.5 && v.currentSrc.includes('/1-Winter'))"
                   "(document.querySelector('video'))")
        equal(until(tab, "document.querySelector('aside [aria-current] span').innerText"), SECOND_TITLE, "current")
        equal(until(tab, "document.getElementById('title').innerText"), SECOND_TITLE, "title")
    with report.row("page: the browser's Back goes back to the film before"):
        tab.call("POST", "/back", {})
        until(tab, "document.querySelector('video').currentSrc.endsWith('/sample')")


def check_notices(report, tab, running):
    notice = "document.getElementById('notice').checkVisibility() && document.getElementById('why').innerText"
    with report.row("page: a film that is not there: says so"):
        tab.open(running.address + "#nothing")
        equal(until(tab, notice), "There is no film “nothing” here: the address may be mistyped, or the film gone.", "notice")
    data = running.folder / "data"
    with contextlib.closing(sqlite3.connect(data / "catalog.db")) as catalogue:
        with report.row("page: a film that is not complete: says so, and starts once it is"):
            with catalogue:
                catalogue.execute("INSERT INTO videos (id, status) VALUES ('late', 'downloading')")
            tab.open(running.address + "#late")
            equal(until(tab, notice), "“late” is not complete yet. It starts by itself once it is.", "notice")
            shutil.copy(support.CLIP, data / "videos/late.mp4")
            with catalogue:
                catalogue.execute("UPDATE videos SET status = 'complete' WHERE id = 'late'")
            until(tab, "document.querySelector('video').readyState >= 3 && document.getElementById('notice').hidden")
        with catalogue:
            catalogue.execute("INSERT INTO videos (id, status) VALUES ('gone', 'complete'), ('noise', 'complete')")
    with report.row("page: a file that is missing: says so"):
        tab.open(running.address + "#gone")
        equal(until(tab, notice), "“gone” is in the catalogue, but its file is missing: only who runs this site can put "
                                  "it back.", "notice")
    with report.row("page: a file that is no film: says so, and offers it for download"):
        (data / "videos/noise.mp4").write_bytes(support.position_coded(10000))
        tab.open(running.address + "#noise")
        equal(until(tab, "document.querySelector('#why a')?.getAttribute('href')"), "/api/stream/noise?download=1", "link")


def set_network(tab, is_there):
    tab.devtools("Network.emulateNetworkConditions", offline=not is_there, latency=0, downloadThroughput=-1,
                 uploadThroughput=-1)


def check_cut(report, tab, address):
    with report.row("page: the network is cut and comes back: the film goes on at the same place"):
        tab.open("about:blank")
        tab.devtools("Network.enable")
        tab.devtools("Network.clearBrowserCache")
        tab.open(address + "#sample")
        until(tab, "document.querySelector('video').readyState")
        tab.run("const done = arguments[0]; document.querySelector('video').play().then(() => done(), done)")
        set_network(tab, False)
        until(tab, f"document.querySelector('video').currentTime = {SOUGHT}")
        # It plays what it holds, first.
        said = re.fullmatch(r"No connection to the server\. The film goes on at 0:(\d\d) as soon as there is one again\.",
                            until(tab, "document.getElementById('why').innerText"))
        cut = int(said.group(1))
        assert cut >= SOUGHT, f"goes on at {cut} s"
        # Loads anew, in vain: from here on it cannot be the browser that goes on by itself.
        tab.run("document.getElementById('again').click(); arguments[0]()")
        set_network(tab, True)
        place = until(tab, f"(v => !v.error && !v.paused && !v.seeking && v.currentTime > {cut + 0.5} && v.currentTime)"
                           "(document.querySelector('video'))")
        assert place < cut + 5, f"plays at {place} s"
        until(tab, "document.getElementById('notice').hidden")


def check_looks(report, tab, running):
    tab.open("about:blank")
    tab.open(running.address + "#nothing")
    until(tab, "document.getElementById('notice').checkVisibility() && document.getElementById('log').checkVisibility()")
    grounds = []
    for scheme in ("light", "dark"):
        with report.row(f"page: can be read, {scheme}"):
            tab.show_as(1280, 900, scheme)
            ground, contrast, text = until(tab, CONTRAST)
            grounds.append(ground)
            assert contrast >= LEAST_CONTRAST, f"{contrast:.2f}: {text}"
    with report.row("page: light and dark are two"):
        equal(len(set(grounds)), 2, "backgrounds")
    tab.open(running.address + "#" + json.loads((running.folder / "www/films.json").read_text())[1]["id"])
    for width in (320, 380, 600, 900, 1280):
        with report.row(f"page: {width} pixels wide: nothing sticks out"):
            tab.show_as(width, 700)
            until(tab, "document.querySelectorAll('#rows tr').length > 1 && document.getElementById('title').innerText")
            equal(until(tab, "[document.documentElement.scrollWidth <= innerWidth, innerWidth]"), [True, width], "width")


def check_without_log(report, tab, running):
    """The shipped page, untouched, as a site has it."""
    shutil.copy(PAGE, running.folder / "www/plain.html")
    tab.show_as(1200, 900)
    tab.open(running.address + "plain.html")
    check_strip(report, tab, "page without the demo's log")
    with report.row("page without the demo's log: does not ask for it, and shows nothing of it"):
        equal(until(tab, LIST)[0][0], "Sample clip", "list")
        until(tab, "![...document.querySelectorAll('#log, .logged')].some(e => e.checkVisibility())")
        names = until(tab, "performance.getEntriesByType('resource').map(entry => entry.name)")
        paths = {name.removeprefix(running.address).partition("/")[0] for name in names}
        equal(paths, {"films.json", "api"}, "requests")


def check_weight(report, tab, running):
    with report.row("page: page and list have less than 30 KB"):
        size = sum((running.folder / "www" / name).stat().st_size for name in ("index.html", "films.json"))
        assert size < SIZE_LIMIT, f"{size} bytes"
    with report.row("page: asks no other host, and names none"):
        names = until(tab, "performance.getEntriesByType('resource').map(entry => entry.name)")
        equal([name for name in names if not name.startswith(running.address)], [], "requests")
        equal(re.findall(r"\w+://\S+|(?:src|href)=\"//\S+", PAGE.read_text()), [], "addresses")


def check_page(report, folder, running):
    address = running.address
    with browser.Browser(folder) as tab:
        tab.open(address)
        check_strip(report, tab, "page")
        check_list(report, tab)
        check_weight(report, tab, running)
        check_keyboard(report, tab)
        check_without_log(report, tab, running)
        check_notices(report, tab, running)
        check_looks(report, tab, running)
        check_cut(report, tab, address)


def main():
    report = support.Report()
    with support.Folder() as folder:
        (folder / "films").mkdir()
        shutil.copy(support.CLIP, folder / "films" / f"{SECOND_TITLE}.mp4")
        with demo.Demo(folder / "films", root=demo.checkout(folder / "checkout")) as running:
            check_page(report, folder, running)
    report.finish()


main()
