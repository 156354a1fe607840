"""The workspace as six people use it, in a real browser against a whole stack, in both languages."""
import contextlib
import pathlib
import re
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stack  # noqa: E402
from browser import chromium, picture, sideways, violations  # noqa: E402
from helping import Helping  # noqa: E402
from keyboard import Keyboard  # noqa: E402
from links import Links  # noqa: E402
from lists import Lists  # noqa: E402
from plays import Plays  # noqa: E402
from signing_in import SigningIn  # noqa: E402
from steadiness import Steadiness  # noqa: E402
from without_script import WithoutScript  # noqa: E402

PROVIDER = ("administrator", "agent")
# Their work begins with the touchpoints.
OTHERS = ("success-manager", "play-administrator")
CUSTOMERS = ("customer-administrator", "customer-developer", "customer-expert")
# Two branches, and one of a customer that nobody knows.
BRANCHES = """Name,Account,Street,City,Postal code,Country,Time zone
Branch Graz,Ernst Handel,Herrengasse 1,Graz,8010,Austria,Europe/Vienna
부산 지점,Ernst Handel,중앙대로 1001,부산,47545,대한민국,Asia/Seoul
Branch Nowhere,Ernst Hendel,Nowhere 1,Linz,4020,Austria,Europe/Vienna
"""
everything = contextlib.ExitStack()
running = browser = None


def setUpModule():
    global running, browser
    running = everything.enter_context(stack.running())
    browser = everything.enter_context(chromium())


def tearDownModule():
    everything.close()


class Visitor:
    """Somebody at a browser of his or her own."""

    def __init__(self, case, name, width=1440, scheme="light", has_script=True):
        self.case, self.name = case, name
        self.context = browser.new_context(
            base_url=running.address, viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=has_script,
            accept_downloads=True, locale="en-GB")
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.has_script = has_script
        self.said = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        # A page that breaks its own Content-Security-Policy says so.
        self.page.on("console", lambda message: self.said.append(message.text) if "Content Security" in message.text else None)

    def sign_in(self, password=None, address=None):
        self.page.goto("/sign-in")
        self.page.fill("#email", address or running.person(self.name))
        self.page.fill("#password", password or running.passwords[running.person(self.name)])
        self.going(lambda: self.page.keyboard.press("Enter"))
        return self

    def going(self, act):
        """Does something that leads to another page, and waits for it."""
        with self.page.expect_navigation(wait_until="load"):
            act()

    def open(self, path):
        answer = self.page.goto(path)
        self.page.wait_for_load_state()
        return answer

    def language(self, language):
        """As the menu changes it, or the foot of a page without one."""
        self.menu()
        self.going(lambda: self.page.click(f"button[name=language][value={language}]"))
        self.case.assertEqual(self.page.locator("html").get_attribute("lang"), language)

    def menu(self):
        """Opens the menu, where a page has one."""
        if self.page.locator("details.menu > summary").count():
            self.page.locator("details.menu > summary").first.click()

    def look(self, name):
        """A picture, and what is wrong with the page for whoever cannot see it."""
        language = self.page.locator("html").get_attribute("lang")
        # What lies below the bar at the top is hidden by it, for axe too.
        self.page.evaluate("scrollTo(0, 0)")
        picture(self.page, f"journeys/{name}.{self.name}.{language}")
        self.case.assertEqual(violations(self.page), [], name)
        self.case.assertLessEqual(sideways(self.page), 0, name)
        self.case.assertEqual(self.said, [], name)

    def looks(self, name):
        """The page as its address shows it, in both languages."""
        address = urllib.parse.urlsplit(self.page.url)
        kept = [each for each in urllib.parse.parse_qsl(address.query) if each[0] not in ("language", "done", "undo", "saved")]
        for language in ("ko", "en"):
            answer = self.open(address._replace(query=urllib.parse.urlencode([*kept, ("language", language)]), fragment="").geturl())
            self.case.assertEqual(answer.status, 200, name)
            self.look(name)

    def leave(self):
        self.context.close()


class Stage(unittest.TestCase):
    """What all have in common."""

    @staticmethod
    def running():
        return running

    @staticmethod
    def browser():
        return browser

    def visitor(self, *arguments, **options):
        visitor = Visitor(self, *arguments, **options)
        self.addCleanup(visitor.leave)
        return visitor

    def until(self, visitor, address, selector, tries=40):
        """Reads a page anew until something is on it."""
        for _ in range(tries):
            visitor.open(address)
            if visitor.page.locator(selector).count():
                return
            visitor.page.wait_for_timeout(500)
        self.fail(f"{selector} did not come to {address}:\n{visitor.page.locator('main').inner_text()}")


class Journeys(Stage, Helping, Keyboard, Links, Lists, Plays, SigningIn, WithoutScript):
    def test_everybody_signs_in_reads_both_languages_and_leaves_nothing_behind(self):
        for name in (*PROVIDER, *OTHERS, *CUSTOMERS):
            with self.subTest(person=name):
                visitor = self.visitor(name).sign_in()
                page = visitor.page
                home = "/portal" if name in CUSTOMERS else "/lists/touchpoint?active=true" if name in OTHERS else "/onboarding"
                self.assertEqual(page.url, running.address + home)
                for language in ("ko", "en"):
                    visitor.language(language)
                    visitor.look("home")
                visitor.menu()
                visitor.going(lambda: page.click("form[data-sign-out] button"))
                page.go_back()
                page.wait_for_url("**/sign-in*")
                self.assertEqual(page.locator("h1").inner_text(), "Sign in")

    def test_pages_of_nobody(self):
        visitor = self.visitor("nobody")
        for path in ("/sign-in", "/forgotten", "/invitation", "/reset"):
            visitor.open(path)
            for language in ("ko", "en"):
                visitor.going(lambda: visitor.page.click(f"button[value={language}]"))
                visitor.look(path.strip("/"))
        visitor.open("/onboarding")
        self.assertIn("/sign-in", visitor.page.url)
        answers = set()
        for address in (running.person("agent"), "nobody@nowhere.example"):
            visitor.sign_in("not the password", address)
            answers.add(visitor.page.locator("[role=alert]").inner_text())
        self.assertEqual(len(answers), 1)

    def test_what_is_not_for_one_looks_like_what_is_not_there(self):
        visitor = self.visitor("customer-expert").sign_in()
        bodies = []
        for path in (f"/cases/{running.case['number']}", "/cases/ALEONB9999999"):
            answer = visitor.open(path)
            self.assertEqual(answer.status, 404)
            bodies.append(re.sub(r"[0-9a-f]{32}|ALEONB\d+|/cases/\w+", "", visitor.page.content()))
        self.assertEqual(*bodies)
        visitor.look("missing")

    def test_an_agent_works_a_case_with_the_keyboard_alone(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        page.keyboard.press("/")
        page.keyboard.type(running.case["number"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/search*")
        visitor.looks("search")
        page.keyboard.press("Escape")
        page.locator("body").press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/*")
        visitor.look("case")
        page.keyboard.press("?")
        self.assertTrue(page.locator("dialog[open]").is_visible())
        page.keyboard.press("Escape")
        page.locator("[role=tab]").first.focus()
        page.keyboard.press("ArrowRight")
        page.locator("[role=tab][aria-selected=true]").focus()
        page.keyboard.press("c")
        page.keyboard.type("Branches come on Friday.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=*")
        self.assertIn("Branches come on Friday.", page.content())
        page.keyboard.press("g")
        page.keyboard.press("h")
        page.wait_for_url("**/onboarding")

    def test_what_was_typed_is_not_lost(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{running.case['number']}#stream")
        page.fill("#comment", "Half a sentence")
        page.reload()
        self.assertEqual(page.input_value("#comment"), "Half a sentence")
        self.assertTrue(page.locator("#say [data-kept]").is_visible())

    def test_a_task_is_changed_and_a_fault_stands_at_its_field(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/tasks/{running.task['number']}")
        for language in ("ko", "en"):
            visitor.language(language)
            visitor.look("task")
        if page.locator("#due_date").count():
            page.evaluate("document.querySelector('#due_date').type = 'text'")
            page.fill("#due_date", "some day")
            visitor.going(lambda: page.click("#edit button"))
            self.assertEqual(page.locator("#due_date").get_attribute("aria-invalid"), "true")
            visitor.look("task-refused")

    def test_dates_are_moved_when_it_is_known_what_moves_and_moved_back(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{running.case['number']}")
        visitor.going(lambda: page.click(".actions a[href$='/go-live']"))
        before = page.input_value("#date")
        for language in ("ko", "en"):
            visitor.language(language)
            page.fill("#date", "2026-01-05")
            visitor.going(lambda: page.click("main form[action$='/go-live'] button"))
            self.assertIn(running.task["number"], page.content())
            visitor.look("go-live")
        visitor.going(lambda: page.click("form[action$='/apply'] .button-main"))
        visitor.look("go-live-moved")
        visitor.going(lambda: page.click(".toast form button"))
        visitor.going(lambda: page.click(".actions a[href$='/go-live']"))
        self.assertEqual(page.input_value("#date"), before)

    def test_everything_works_without_script(self):
        visitor = self.visitor("agent", has_script=False).sign_in()
        page = visitor.page
        self.assertEqual(page.url, running.address + "/onboarding")
        visitor.open(f"/cases/{running.case['number']}")
        page.fill("#comment", "Said without a script.")
        visitor.going(lambda: page.click("#say button[value=note]"))
        self.assertIn("Said without a script.", page.content())

    def test_an_import_from_file_to_publication_and_back(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        address = f"/imports/{running.task_of_import['id']}"
        visitor.open(f"{address}?step=upload")
        visitor.looks("import-upload")
        page.set_input_files("#file", {"name": "branches.csv", "mimeType": "text/csv", "buffer": BRANCHES.encode()})
        page.wait_for_selector("input[name=upload]")
        page.check("input[name=upload]")
        visitor.going(lambda: page.click("button[value=match]"))
        visitor.looks("import-match")
        # What was found of the file stands beside what it goes to.
        self.assertIn("row 1", page.locator("#match").inner_text())
        self.assertIn("Branch Graz", page.locator("#match").inner_text())
        visitor.going(lambda: page.click("#match button[value=load]"))
        self.until(visitor, f"{address}?step=fix", "tr[data-row] td[data-field=account]")
        for language in ("ko", "en"):
            visitor.language(language)
            visitor.open(f"{address}?step=fix")
            visitor.look("import-fix")
        # The reason narrows the rows.
        visitor.going(lambda: page.locator(".chip-wide").first.click())
        self.assertEqual(page.locator("tr[data-row]").count(), 1)
        # The customer that nobody knows is corrected where it stands.
        page.locator("tr[data-row] td[data-field=account]").first.click()
        page.keyboard.press("Control+a")
        page.keyboard.type("Ernst Handel")
        page.keyboard.press("Enter")
        page.wait_for_selector("td[data-field=account]:has-text('Ernst Handel')")
        self.until(visitor, f"{address}?step=plan", "form[action$='/plan'] button")
        visitor.going(lambda: page.click("form[action$='/plan'] button"))
        self.until(visitor, f"{address}?step=plan", "form[action$='/publish'] button")
        visitor.look("import-plan")
        visitor.going(lambda: page.click("form[action$='/publish'] button"))
        self.until(visitor, f"{address}?step=publish", "form[action$='/undo'] button")
        visitor.looks("import-publish")
        # One row is taken back, then the others; any cell says where it comes from.
        visitor.going(lambda: page.click("a[href*='run=']"))
        page.locator("input[name=record]").first.check()
        visitor.look("import-published-rows")
        lineage = page.locator("a[href*='lineage']").first.get_attribute("href")
        visitor.going(lambda: page.click("button[value=chosen]"))
        visitor.open(lineage)
        self.assertIn("branches.csv", page.content())
        self.until(visitor, f"{address}?step=publish", "form[action$='/undo'] button")
        visitor.going(lambda: page.click("form[action$='/undo'] button"))
        self.assertEqual(visitor.said, [])

    def test_a_customer_on_a_phone_follows_answers_and_sends_a_file(self):
        visitor = self.visitor("customer-administrator", width=390, scheme="dark").sign_in()
        page = visitor.page
        for language in ("ko", "en"):
            visitor.language(language)
            visitor.look("portal")
        visitor.going(lambda: page.click("main a[href$='/holidays']"))
        visitor.look("holidays")
        self.assertEqual(page.locator("main form").count(), 0)
        visitor.open(f"/portal/cases/{running.case['id']}")
        visitor.looks("portal-case")
        page.fill("#comment", "Our list is on its way.")
        visitor.going(lambda: page.click("#say button"))
        self.assertIn("Our list is on its way.", page.content())
        visitor.open(f"/portal/tasks/{running.task['id']}")
        visitor.looks("portal-task")
        visitor.open(f"/portal/imports/{running.task_of_import['id']}")
        visitor.looks("portal-import")
        agent = self.visitor("agent").sign_in()
        agent.open(f"/cases/{running.case['number']}")
        self.assertIn("Our list is on its way.", agent.page.content())

    def test_one_is_told_of_what_others_do(self):
        watcher = self.visitor("agent").sign_in()
        watcher.open(f"/cases/{running.case['number']}")
        running.ask("onboarding.onboarding_cases.add_work_note", "agent", id=running.case["id"], text="Something happened.")
        watcher.page.wait_for_selector("[data-news]:not([hidden])")
        watcher.going(lambda: watcher.page.click("[data-news]"))
        self.assertIn("Something happened.", watcher.page.content())

    def test_holidays_of_an_account_are_kept_from_its_case(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{running.case['number']}")
        visitor.going(lambda: page.click("dl.facts a[href$='/holidays']"))
        page.fill("#day", "2030-08-15")
        page.fill("#name", "Founding day")
        visitor.going(lambda: page.click("#holiday button"))
        for language in ("ko", "en"):
            visitor.language(language)
            visitor.look("holidays")
        self.assertIn("15 Aug 2030", page.locator("main").inner_text())
        visitor.going(lambda: page.click("form[action$='/remove'] button"))
        self.assertNotIn("15 Aug 2030", page.locator("main").inner_text())
        visitor.going(lambda: page.click(".toast form button"))
        self.assertIn("15 Aug 2030", page.locator("main").inner_text())

    def test_one_page_of_everything_else(self):
        visitor = self.visitor("agent").sign_in()
        for path in ("/notices", "/person", "/search", "/design", "/onboarding?card=active_tasks", "/onboarding/list?card=my_active_cases",
                     "/lists/onboarding_case?active=true", "/lists/import_task", "/lists/risk_signal"):
            answer = visitor.open(path)
            self.assertEqual(answer.status, 200, path)
            visitor.looks(path.strip("/").split("?")[0].replace("/", "-"))
            headers = answer.headers
            self.assertIn("no-store", headers["cache-control"])
            self.assertNotIn("unsafe", headers["content-security-policy"])

    def test_one_invites_and_says_how_one_is_shown_pages(self):
        visitor = self.visitor("customer-administrator", width=390).sign_in()
        visitor.open("/people")
        visitor.looks("people")
        self.assertGreater(visitor.page.locator("li[data-row]").count(), 1)
        visitor.open("/person")
        visitor.page.select_option("#time_zone", "Europe/Vienna")
        visitor.going(lambda: visitor.page.click("form[action='/person'] button"))
        self.assertEqual(visitor.page.input_value("#time_zone"), "Europe/Vienna")
        administrator = self.visitor("administrator").sign_in()
        administrator.open("/people?text=agent")
        administrator.look("people")
        developer = self.visitor("customer-developer").sign_in()
        developer.going(lambda: developer.page.click("nav a[href='/portal/service-bridge']"))
        developer.look("portal-service-bridge")


class WhatIsAway(Stage, Steadiness):
    """Behind all others, since it stops what they need."""


if __name__ == "__main__":
    unittest.main()
