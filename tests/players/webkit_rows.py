"""WebKitGTK as a judge. The rows are those of all browsers. SPDX-License-Identifier: MIT"""
import browser_table
import browsers

browser_table.check_all(browsers.WebKit, browser_table.FOR_ALL_BROWSERS)
