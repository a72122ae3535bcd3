"""Chromium as a judge. The rows are those of all browsers. SPDX-License-Identifier: MIT"""
import browser_table
import browsers
import servers

browser_table.check_all(browsers.Chromium, [*servers.ALL, *servers.OFFLOADING])
