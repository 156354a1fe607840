"""The system's Chromium, driven headless: pages of a size, a scheme and a language, axe-core on them, pictures of them."""
import contextlib
import functools
import http.server
import os
import pathlib
import shutil
import threading

import axe_playwright_python
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURES = pathlib.Path(os.environ.get("ALE_LOCAL", ROOT / ".local")) / "pictures"
AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# What the product keeps: WCAG 2.2 AA.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextlib.contextmanager
def chromium():
    """A browser for as long as the block runs."""
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("Chromium is missing: Tools/bootstrap.sh --browser installs it.")
    with sync_playwright() as playwright:
        # Without a sandbox of its own only where it cannot have one: for root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def folder_served(folder):
    """The address of a folder, served on a free port of this machine."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def violations(page):
    """What axe-core finds against a page, a line for each place."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}" for each in found for node in each["nodes"]]


def sideways(page):
    """By how many pixels a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def picture(page, name):
    """Keeps a picture of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
