"""What the workspace does when a service is away, when live pages stay open, and when it is told to stop."""
import contextlib
import os
import pathlib
import signal
import socket
import time

import tls

# What one open live page may hold: 500 of them stay within half of the 150 MB that the program may have.
PAGE_KB = 150
# Of one person 20 streams are open at most, and those of pages that were left end some seconds later.
EACH = 10


class Live:
    """Streams of live pages, as browsers hold them open."""

    def __init__(self, address, cookies):
        host, port = address.removeprefix("http://").split(":")
        self.sockets = []
        for cookie in cookies:
            line = socket.create_connection((host, int(port)), timeout=10)
            line.sendall(f"GET /live?topic=work HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: ale_session={cookie}\r\n\r\n".encode())
            self.sockets.append(line)

    def begun(self):
        """Whether each of them has begun."""
        return all(line.recv(4_096).startswith(b"HTTP/1.1 200") for line in self.sockets)

    def ended(self, seconds):
        """Whether the server has ended each of them."""
        for line in self.sockets:
            line.settimeout(seconds)
            while line.recv(65_536):
                pass
        return True

    def close(self):
        for line in self.sockets:
            line.close()


def memory(pid):
    """What a process holds, in kilobytes."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


class Steadiness:
    """Tests of a whole stack; the class that takes them says how to come by a
    `visitor`, and what is `running` in which `browser`."""

    def process(self, name):
        return int((self.running().local / "run" / f"{name}.pid").read_text().split()[0])

    def end(self, name):
        """Tells a program to stop, and waits until it has; for how long it took."""
        pid, begin = self.process(name), time.monotonic()
        os.kill(pid, signal.SIGTERM)
        while pathlib.Path(f"/proc/{pid}").exists() and pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
            self.assertLess(time.monotonic() - begin, 20, f"{name} does not stop")
            time.sleep(0.05)
        return time.monotonic() - begin

    def session(self, visitor):
        return next(each["value"] for each in visitor.context.cookies() if each["name"] == "ale_session")

    def test_behind_tls_cookies_go_over_nothing_else(self):
        with tls.in_front(self.running()) as address:
            context = self.browser().new_context(base_url=address, ignore_https_errors=True)
            self.addCleanup(context.close)
            page = context.new_page()
            agent = self.running().person("agent")
            answer = page.goto("/sign-in")
            self.assertIn("max-age", answer.headers["strict-transport-security"])
            page.fill("#email", agent)
            page.fill("#password", self.running().passwords[agent])
            with page.expect_navigation(wait_until="load"):
                page.keyboard.press("Enter")
            self.assertEqual(page.url, f"{address}/onboarding")
            sessions = [each for each in context.cookies() if each["name"] == "__Host-ale_session"]
            self.assertEqual([(each["secure"], each["httpOnly"]) for each in sessions], [(True, True)])
            # A form comes from the https address, and its stream passes through.
            page.locator("details.menu > summary").first.click()
            with page.expect_navigation(wait_until="load"):
                page.click("form[data-sign-out] button")
            self.assertIn("/sign-in", page.url)

    def test_a_page_says_that_a_service_is_away_and_comes_again_by_itself(self):
        stack = self.running()
        # A page of each service; what is asked for beside it is left out.
        pages = {
            "import-validation": ("agent", f"/imports/{stack.task_of_import['id']}"), "onboarding": ("agent", f"/cases/{stack.case['number']}"),
            "customer-success": ("success-manager", "/lists/touchpoint"), "notifier": ("agent", "/notices"),
            "play-launcher": ("success-manager", f"/plays?source=onboarding_case:{stack.case['id']}")}
        visitors = {name: self.visitor(name, language="ko").sign_in() for name, _ in pages.values()}
        tabs = {service: visitors[name].context.new_page() for service, (name, _) in pages.items()}
        for service, (_, address) in pages.items():
            self.assertEqual(tabs[service].goto(address).status, 200, service)
        self.end("import-validation")
        try:
            self.assertEqual(visitors["agent"].open("/onboarding").status, 200)
            for service in pages:
                if service != "import-validation":
                    self.end(service)
            for service, (_, address) in pages.items():
                self.assertEqual(tabs[service].goto(address).status, 503, service)
                self.assertTrue(tabs[service].locator("[data-again]").count(), service)
            visitors["agent"].open(pages["onboarding"][1])
            visitors["agent"].look("away")
        finally:
            stack.run("Tools/stack.sh", "start")
        # Nobody clicks: each page is there as soon as it can be had.
        for service, tab in tabs.items():
            tab.bring_to_front()
            tab.wait_for_selector("main:not(:has([data-again]))", timeout=60_000)
            self.assertFalse(tab.locator("[data-again]").count(), service)

    def test_live_pages_hold_little_and_the_workspace_stops_with_them(self):
        visitors = [self.visitor(name).sign_in() for name in ("play-administrator", "administrator", "success-manager")]
        cookies = [self.session(visitor) for visitor in visitors]
        for visitor in visitors:
            visitor.open("/design")
        pid = self.process("workspace")
        with contextlib.closing(Live(self.running().address, [cookies[0]])) as first:
            self.assertTrue(first.begun())
            before = memory(pid)
            with contextlib.closing(Live(self.running().address, cookies * EACH)) as live:
                self.assertTrue(live.begun())
                self.assertLess((memory(pid) - before) / (EACH * len(cookies)), PAGE_KB)
                try:
                    self.assertLess(self.end("workspace"), 8)
                    self.assertTrue(live.ended(5))
                finally:
                    self.running().run("Tools/stack.sh", "start")
        # The session is onboarding's: it goes on where it was.
        self.assertEqual(visitors[0].open("/person").status, 200)
