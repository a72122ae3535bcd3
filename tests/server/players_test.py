"""A browser through nginx, as the quick part of the table of players: a film that is not in its hands after one request
opens, plays, and shows the picture of each place.

Does not ask the other web servers and players: tests/players does. SPDX-License-Identifier: MIT
"""
import browser
import clock
import servers
import support

# Positions of 32 bits have to suffice; the gaps take no room on the disk.
PARTS = 6
GAP = 256 << 20

# Each in a part of its own.
PLACES = [45, 12.5, 59.9]


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.sparse("film", *clock.spread(PARTS, GAP))
        with servers.Nginx(folder, volume, log_level="info") as server, browser.Browser(folder) as tab:
            tab.open(f"http://127.0.0.1:{server.port}/api/stream/film")
            with report.row("a browser: length, size and what can be sought"):
                clock.check_metadata(tab)
            with report.row("a browser: plays"):
                clock.check_plays(tab)
            for place in PLACES:
                with report.row(f"a browser: seek to {place} s shows that picture"):
                    clock.check_seek(tab, place)
            with report.row("a browser: asks for each part"):
                tab.open("about:blank")
                asked = server.reelgate_log().count("GET bytes=")
                assert asked > len(PLACES), f"{asked} ranges: {server.reelgate_log()}"
    report.finish()


main()
