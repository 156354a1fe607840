"""The workspace as six people use it, in a real browser against a whole stack, in both languages."""
import contextlib
import pathlib
import re
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stack  # noqa: E402
from analyst import Analyst  # noqa: E402
from asking import Asking  # noqa: E402
from browser import chromium, picture, sideways, violations  # noqa: E402
from designing import Designing  # noqa: E402
from elsewhere import Elsewhere, left_out  # noqa: E402
from helping import Helping  # noqa: E402
from importing import Importing  # noqa: E402
from keyboard import Keyboard  # noqa: E402
from links import Links  # noqa: E402
from lists import Lists  # noqa: E402
from plays import Plays  # noqa: E402
from records import Records  # noqa: E402
from renewed import Renewed  # noqa: E402
from signing_in import SigningIn  # noqa: E402
from everybody import Everybody  # noqa: E402
from steadiness import Steadiness  # noqa: E402
from without_script import WithoutScript  # noqa: E402

PROVIDER = ("administrator", "agent")
# Their work begins with the engagements.
OTHERS = ("success-manager", "play-administrator")
CUSTOMERS = ("customer-administrator", "customer-developer", "customer-expert")
everything = contextlib.ExitStack()
running = browser = None
# The paths that a browser has been at, and those that were looked at there.
opened, looked = set(), set()


def setUpModule():
    global running, browser
    running = everything.enter_context(stack.running())
    browser = everything.enter_context(chromium())


def tearDownModule():
    everything.close()


class Visitor:
    """Somebody at a browser of his or her own."""

    def __init__(self, case, name, width=1440, scheme="light", has_script=True, language="en"):
        self.case, self.name, self.language_of = case, name, language
        self.context = browser.new_context(
            base_url=running.address, viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=has_script,
            accept_downloads=True, locale="en-GB")
        self.context.add_cookies([{"name": "ale_language", "value": language, "url": running.address}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("framenavigated", lambda frame: opened.add(urllib.parse.urlsplit(frame.url).path))
        self.has_script = has_script
        self.said = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        # A page that breaks its own Content-Security-Policy says so.
        self.page.on("console", lambda message: self.said.append(message.text) if "Content Security" in message.text else None)

    def sign_in(self, password=None, address=None):
        # What a browser fetches that comes for the first time: two pages, and what they are drawn with.
        fetched = []

        def note(request):
            fetched.append(request)

        self.page.on("requestfinished", note)
        self.page.goto("/sign-in")
        self.page.fill("#email", address or running.person(self.name))
        self.page.fill("#password", password or running.passwords[running.person(self.name)])
        self.going(lambda: self.page.keyboard.press("Enter"))
        self.page.remove_listener("requestfinished", note)
        self.case.assertLess(sum(each.sizes()["responseBodySize"] for each in fetched), 60_000)
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
        looked.add(urllib.parse.urlsplit(self.page.url).path)
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
        for language in ("ko", "en") if self.language_of == "en" else ("en", "ko"):
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

    def until(self, visitor, address, selector, tries=100):
        """Reads a page anew until something is on it."""
        for _ in range(tries):
            visitor.open(address)
            if visitor.page.locator(selector).count():
                return
            visitor.page.wait_for_timeout(200)
        self.fail(f"{selector} did not come to {address}:\n{visitor.page.locator('main').inner_text()}")


class Journeys(
    Stage, Analyst, Asking, Designing, Elsewhere, Everybody, Helping, Importing, Keyboard, Links, Lists, Plays, Records, Renewed, SigningIn,
    WithoutScript
):
    def test_everybody_signs_in_reads_both_languages_and_leaves_nothing_behind(self):
        homes = set()
        for name in (*PROVIDER, *OTHERS, *CUSTOMERS):
            with self.subTest(person=name):
                visitor = self.visitor(name).sign_in()
                page = visitor.page
                home = "/portal" if name in CUSTOMERS else "/success" if name in OTHERS else "/onboarding"
                self.assertEqual(page.url, running.address + home)
                for language in ("ko", "en"):
                    visitor.language(language)
                    # A page that several begin at is looked at with the eyes of each in one language.
                    if language == "ko" or home not in homes:
                        visitor.look("home")
                homes.add(home)
                visitor.menu()
                visitor.going(lambda: page.click("form[data-sign-out] button"))
                page.go_back()
                page.wait_for_url("**/sign-in*")
                self.assertEqual(page.locator("h1").inner_text(), "Sign in")

    def test_make_run_does_what_this_stack_did_and_says_who_may_sign_in(self):
        commands = running.run("make", "-n", "run")
        for command in ("Tools/stack.sh start", "Tools/onboarding.sh token", ".build/release/journey"):
            self.assertIn(command, commands)
        self.assertEqual(sorted(each.split("@")[0] for each in running.passwords), sorted((*PROVIDER, *OTHERS, *CUSTOMERS)))

    def test_what_was_printed_says_where_to_begin_by_hand(self):
        for path in ("/records/customer_account/new", "/cases/ALEONB", "/engagements/ENGMT", "/portal"):
            self.assertIn(running.address + path, running.printed)

    def test_a_session_is_ended_from_elsewhere(self):
        here, there = self.visitor("play-administrator").sign_in(), self.visitor("play-administrator", width=390).sign_in()
        there.open("/search")
        here.open("/person")
        here.look("sessions")
        others = here.page.locator("form[action*='/person/sessions/'][action$='/end'] button")
        self.assertGreater(others.count(), 0)
        # The other one is the latest of those that are not this one.
        for _ in range(others.count()):
            here.going(others.first.click)
            self.assertIn("done=ended", here.page.url)
        there.page.reload()
        there.page.wait_for_url("**/sign-in*")
        self.assertEqual(here.open("/person").status, 200)

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
        visitor = self.visitor("customer-expert", language="ko").sign_in()
        bodies = []
        for path in (f"/cases/{running.case['number']}", "/cases/ALEONB9999999"):
            answer = visitor.open(path)
            self.assertEqual(answer.status, 404)
            bodies.append(re.sub(r"[\w-]{86}|[0-9a-f]{32}|ALEONB\d+|/cases/\w+", "", visitor.page.content()))
        self.assertEqual(*bodies)
        visitor.look("missing")
        # A case and a task of another customer, and one that nobody has, on the pages that customers do have.
        account = running.one("onboarding.customer_accounts.list", "agent", filter=f'name = "{stack.NEW_CUSTOMER}"')["id"]
        other = running.one("onboarding.onboarding_cases.list", "agent", filter=f'account = "{account}"')["id"]
        task = running.ask("onboarding.lifecycle_tasks.create", "agent", lifecycleTask={
            "parent": other, "shortDescription": "Of another", "visibleToCustomer": True})["id"]
        for kind, foreign in (("cases", other), ("tasks", task)):
            bodies = []
            for id in (foreign, "018f0000-0000-7000-8000-000000000000"):
                answer = visitor.open(f"/portal/{kind}/{id}")
                self.assertEqual(answer.status, 404)
                bodies.append(re.sub(r"[\w-]{86}|[0-9a-f]{32}", "", visitor.page.content()).replace(id, ""))
            self.assertEqual(*bodies)

    def test_what_was_typed_is_not_lost(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{running.case['number']}#stream")
        page.fill("#comment", "Half a sentence")
        page.reload()
        self.assertEqual(page.input_value("#comment"), "Half a sentence")
        self.assertTrue(page.locator("#say [data-kept]").is_visible())
        # Nor behind the end of a session, here by a script: whoever posts too late signs in, and finds it where it was.
        latest = running.ask("onboarding.sessions.list", "agent")["sessions"][0]["id"]
        running.ask("onboarding.sessions.end", "agent", session=latest)
        visitor.going(lambda: page.click("#say button"))
        self.assertIn("/sign-in?back=", page.url)
        page.fill("#email", running.person("agent"))
        page.fill("#password", running.passwords[running.person("agent")])
        visitor.going(lambda: page.keyboard.press("Enter"))
        self.assertIn(f"/cases/{running.case['number']}", page.url)
        self.assertEqual(page.input_value("#comment"), "Half a sentence")

    def test_a_task_is_changed_and_a_fault_stands_at_its_field(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/tasks/{running.task['number']}")
        # What is refused is looked at in Korean, whose sentences are made of parts.
        for language in ("en", "ko"):
            visitor.language(language)
            visitor.look("task")
        page.evaluate("(() => { const p = document.querySelector('#priority'); p.add(new Option('x', '9')); p.value = '9'; })()")
        visitor.going(lambda: page.click("#edit button"))
        self.assertEqual(page.locator("#priority").get_attribute("aria-invalid"), "true")
        visitor.look("task-refused")
        # Its due date is moved when it is known what that does.
        visitor.open(f"/tasks/{running.task['number']}")
        self.assertFalse(page.locator("#edit #due_date").count())
        visitor.going(lambda: page.click(".actions a[href$='/due-date']"))
        visitor.going(lambda: page.click("main form[action$='/due-date'] button"))
        self.assertIn(running.task["number"], page.content())
        visitor.look("due-date")

    def test_dates_are_moved_when_it_is_known_what_moves_and_moved_back(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{running.case['number']}")
        visitor.going(lambda: page.click(".actions a[href$='/go-live']"))
        before = page.input_value("#date")
        for language in ("en", "ko"):
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

    def test_one_is_told_of_what_others_do(self):
        watcher = self.visitor("agent").sign_in()
        watcher.open(f"/cases/{running.case['number']}")
        running.ask("onboarding.onboarding_cases.add_work_note", "agent", id=running.case["id"], text="Something happened.")
        watcher.page.wait_for_selector("[data-news]:not([hidden])")
        watcher.going(lambda: watcher.page.click("[data-news]"))
        self.assertIn("Something happened.", watcher.page.content())
        # A notice is counted on whatever page stands open.
        watcher.open("/search")
        agent = running.one("onboarding.users.list", "administrator", filter='email = "agent@provider.example"')["id"]
        task = running.ask("onboarding.lifecycle_tasks.create", "administrator", lifecycleTask={
            "parent": running.case["id"], "shortDescription": "Watched by the agent", "watchList": [agent]})
        count = watcher.page.locator("[data-notices]").first
        before = count.inner_text()
        running.ask("onboarding.lifecycle_tasks.add_comment", "administrator", id=task["id"], text="For whoever watches.")
        watcher.page.wait_for_function("before => document.querySelector('[data-notices]').innerText !== before", arg=before)
        self.assertTrue(count.is_visible())
        # A customer hears of what is said on the own case.
        customer = self.visitor("customer-administrator", width=390).sign_in()
        customer.open(f"/portal/cases/{running.case['id']}")
        running.ask("onboarding.onboarding_cases.add_comment", "agent", id=running.case["id"], text="Said to the customer.")
        customer.page.wait_for_selector("[data-news]:not([hidden])")
        customer.going(lambda: customer.page.click("[data-news]"))
        self.assertIn("Said to the customer.", customer.page.content())

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


class WhatIsAway(Stage, Steadiness):
    """Behind all others, since it stops what they need."""


class WholeSite(Stage):
    """Behind all others, since it asks what they have done."""

    def test_every_page_was_opened_and_looked_at(self):
        self.assertEqual(left_out(opened), [])
        self.assertEqual(left_out(looked), [])


if __name__ == "__main__":
    unittest.main()
