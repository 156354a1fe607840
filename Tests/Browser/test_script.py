"""What the script of the workspace does, on pages drawn from samples; what it asks the server is answered here."""
import contextlib
import json
import pathlib
import re
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import pages  # noqa: E402
from browser import chromium, folder_served, violations  # noqa: E402
from sending import Sending  # noqa: E402

ROWS = 1_000_000
BLOCK = 60
# Most blocks of rows that are in the page, with what stands for those that are not.
BODIES = 8


def block(first):
    """Rows of the grid as the server draws them, and where the next ones are."""
    rows = "".join(
        f'<tr data-row data-etag="1" data-cells="/cells/{number}"><th scope="row" class="grid-key"><a href="#">{number:,}</a></th>'
        f'<td data-field="name">Site {number}</td><td data-field="country" class="bad" data-reason="Not known.">Norwey</td></tr>'
        for number in range(first, first + BLOCK))
    following = first + BLOCK
    return (f'<table><tbody data-block="/block?after={first}">{rows}</tbody>'
            + (f'<tbody data-block="/block?after={following}" data-far="1"><tr><td>…</td></tr></tbody></table>' if following < ROWS else "</table>"))


class Script(Sending, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.everything = contextlib.ExitStack()
        cls.addClassCleanup(cls.everything.close)
        folder = pathlib.Path(cls.everything.enter_context(tempfile.TemporaryDirectory()))
        pages.write(folder)
        cls.address = cls.everything.enter_context(folder_served(folder))
        cls.browser = cls.everything.enter_context(chromium())

    def page(self, name):
        context = self.browser.new_context(base_url=self.address, viewport={"width": 1440, "height": 900})
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(5_000)
        self.posted = []
        # Addresses of the program lead nowhere here; those that a test answers are answered before.
        page.route(re.compile(r"//[^/]+/(imports|cases|choose|events|block|cells)"), lambda route: route.fulfill(status=404, body=""))
        self.open = lambda: page.goto(f"/{name}.some.en.html")
        return page

    def take(self, route, body, **options):
        """Notes what was posted, and answers."""
        self.posted.append(dict(urllib.parse.parse_qsl(route.request.post_data or "", keep_blank_values=True)))
        route.fulfill(body=body, content_type="text/html; charset=utf-8", **options)

    def test_a_grid_of_a_million_rows_keeps_few_of_them(self):
        page = self.page("import.fix")
        asked = []

        def answer(route):
            first = int(re.search(r"after=(\d+)", route.request.url).group(1))
            asked.append(first)
            route.fulfill(body=block(first), content_type="text/html; charset=utf-8")

        page.route(re.compile(r"/(imports/x/rows|block)\?"), answer)
        self.open()
        page.locator("[data-grid]").scroll_into_view_if_needed()
        page.mouse.move(*[page.locator("[data-grid]").bounding_box()[side] + 200 for side in ("x", "y")])
        # The last of them can be scrolled to: browsers lay out so many pixels and no more.
        self.assertLess(ROWS * page.evaluate("Math.max(...[...document.querySelectorAll('tr[data-row]')].map((row) => row.getBoundingClientRect().height))"), 1 << 25)
        # Somebody is at a cell, and scrolls on.
        page.evaluate("(() => { const cell = document.querySelector('tr[data-row] td'); cell.tabIndex = -1; cell.focus({preventScroll: true}); })()")
        page.evaluate("""() => { const seen = window.seen = {frames: [], bodies: 0, rows: 0}; let last = performance.now();
            const count = (selector) => document.querySelectorAll(`[data-grid] ${selector}`).length;
            const note = (now) => { seen.frames.push(now - last); last = now; seen.bodies = Math.max(seen.bodies, count('tbody'));
                seen.rows = Math.max(seen.rows, count('tr[data-row]')); requestAnimationFrame(note); };
            requestAnimationFrame(note); }""")
        for _ in range(60):
            page.mouse.wheel(0, 1200)
            page.wait_for_timeout(30)
        page.wait_for_timeout(300)
        seen = page.evaluate("seen")
        self.assertGreater(max(asked), 20 * BLOCK)
        # However far one goes few blocks are in the page, and each frame comes in time.
        self.assertLessEqual(seen["bodies"], BODIES)
        self.assertLessEqual(seen["rows"], 6 * BLOCK)
        late = [frame for frame in seen["frames"] if frame > 100]
        self.assertLess(len(late), len(seen["frames"]) / 20, seen["frames"])
        # The cell is where it was; of the rows that are near none is missing, none is there twice.
        self.assertTrue(page.evaluate("document.activeElement.matches('[data-grid] tbody:first-of-type td')"))
        numbers = page.evaluate("[...document.querySelectorAll('[data-grid] tbody tr[data-cells^=\"/cells/\"]')].map((row) => Number(row.dataset.cells.slice(7)))")
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        # Back at the top the first rows are there; what stood below them is asked for again.
        before = len(asked)
        page.evaluate("document.activeElement.blur()")
        page.evaluate("document.querySelector('[data-grid]').scrollTop = 0")
        page.wait_for_timeout(500)
        self.assertGreater(len(asked), before)
        self.assertGreater(page.locator("[data-grid] tbody >> nth=0 >> tr[data-row]").count(), 0)

    def test_cells_are_edited_where_they_stand(self):
        page = self.page("import.fix")
        row = ('<table><tr data-row data-etag="2" data-cells="/cells/1"><th>13</th><td data-field="f3">Norway</td></tr></table>'
               '<div class="toast" role="status"><form action="/back"><button>Undo</button></form></div>')
        page.route("**/imports/ALEIMP0001003/rows/13", lambda route: self.take(route, row))
        page.route("**/imports/ALEIMP0001003/rows/14", lambda route: self.take(route, "It cannot be changed.", status=409))
        self.open()
        bad = page.locator("td.bad")
        page.locator("[data-grid]").focus()
        page.keyboard.press("ArrowDown")
        for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
            page.keyboard.press(key)
        self.assertTrue(page.locator("[data-reason-line]").is_visible())
        count = bad.count()
        page.keyboard.press("Enter")
        page.keyboard.press("Control+a")
        page.keyboard.type("Norway")
        page.keyboard.press("Enter")
        page.wait_for_selector("td[data-field=f3]:has-text('Norway')")
        self.assertEqual(bad.count(), count - 1)
        self.assertEqual(self.posted[0], {"csrf": "c5", "field": "f3", "value": "Norway", "etag": "e", "columns": "f1,f2,f3"})
        # What takes it back comes with the row.
        self.assertTrue(page.locator("body > .toast form[action='/back'] button").is_visible())
        # What is refused stays in the field, with its reason; Escape leaves the cell as it was.
        page.locator("tr[data-cells$='/14'] td[data-field=f3]").click()
        page.keyboard.type("!")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-editing] input[aria-invalid=true]")
        self.assertEqual(page.locator("[data-reason-line]").inner_text(), "It cannot be changed.")
        page.keyboard.press("Escape")
        self.assertEqual(page.locator("tr[data-cells$='/14'] td[data-field=f3]").inner_text().strip()[:6], "Norwey")

    def test_an_outline_is_ordered_by_keys_and_by_dragging(self):
        page = self.page("designer")
        page.route("**/playbooks/1/draft/order", lambda route: self.take(route, "<p>Ordered</p>"))
        self.open()
        self.assertTrue(page.locator("[data-outline-help]").is_visible())
        page.focus("[data-place='activity:a00'] a")
        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_selector("text=Ordered")
        self.open()
        page.drag_and_drop("[data-place='activity:a00'] a", "[data-place='activity:a20'] a")
        page.wait_for_selector("text=Ordered")
        # A stage goes behind another, wherever within it the pointer is.
        self.open()
        page.drag_and_drop("[data-place='lane:l0'] > p a", "[data-place='activity:a20'] a")
        page.wait_for_selector("text=Ordered")
        self.assertEqual(
            [(each["do"], each["item"], each["behind"]) for each in self.posted],
            [("down", "activity:a00", ""), ("move", "activity:a00", "activity:a20"), ("move", "lane:l0", "lane:l2")])

    def test_the_cursor_stands_where_a_text_is_wrong(self):
        page = self.page("flow_new.wrong")
        self.open()
        chosen = page.evaluate("(f => f.value.slice(f.selectionStart, f.selectionEnd))(document.activeElement)")
        self.assertEqual(chosen, "name: quarterly-review")

    def test_an_article_is_read_where_its_link_stands(self):
        page = self.page("case")
        asked = []

        def answer(route):
            asked.append(route.request.headers.get("x-fragment"))
            route.fulfill(body="<h3>Why</h3><p>Because.</p>", content_type="text/html; charset=utf-8")

        page.route("**/articles/*", answer)
        self.open()
        link = page.locator("#help a[data-article]").first
        self.assertEqual(link.get_attribute("aria-expanded"), "false")
        for is_open in (True, False, True):
            link.press("Enter")
            page.wait_for_selector("#help .reading", state="visible" if is_open else "hidden")
            self.assertEqual(link.get_attribute("aria-expanded"), str(is_open).lower())
        self.assertEqual(violations(page), [])
        # It was asked for once, and the page is the same.
        self.assertEqual((asked, page.url.split("/")[-1]), (["1"], "case.some.en.html"))
        # What cannot be had leads to its page.
        page.route("**/articles/*", lambda route: route.fulfill(status=404, body="<p>Not there.</p>", content_type="text/html"))
        page.locator("#help a[data-article]").nth(1).press("Enter")
        page.wait_for_url("**/articles/*")

    def test_references_are_found_while_typing(self):
        page = self.page("task")
        found = "".join(f'<div role="option" aria-selected="false" data-value="c{n}" data-text="{name}">{name}</div>' for n, name in enumerate(("Ingrid Solberg", "Ines Berg")))
        page.route("**/choose/customer_contact*", lambda route: self.take(route, found))
        self.open()
        field = page.locator("#contact")
        field.fill("In")
        page.wait_for_selector("[role=option]")
        # The open list is as accessible as the page that it stands over.
        self.assertEqual(violations(page), [])
        self.assertEqual(page.locator("input[name=contact]").input_value(), "")
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        self.assertEqual((field.input_value(), page.locator("input[name=contact]").input_value()), ("Ines Berg", "c1"))
        self.assertEqual(field.get_attribute("aria-expanded"), "false")

    def test_work_that_comes_further_is_drawn_anew(self):
        page = self.page("import.upload")
        self.open()
        # Only the stream tells of it: work that is not busy is not asked after.
        source = page.content().replace("<body ", '<body data-live="/events" ', 1).replace(" data-busy", "")
        page.route("**/import.upload.some.en.html", lambda route: route.fulfill(body=source, content_type="text/html; charset=utf-8"))
        page.route("**/events", lambda route: route.fulfill(body="event: progress\ndata: 1\n\n", content_type="text/event-stream"))
        drawn = '<section class="panel" data-refresh="/imports/ALEIMP0001003/run"><b id="further">412 of 1,000 rows</b></section>'
        page.route("**/imports/ALEIMP0001003/run", lambda route: self.take(route, drawn))
        page.reload()
        page.wait_for_selector("#further")
        self.assertFalse(page.locator("[data-news]").is_visible())

    def asked_while_busy(self, topic):
        """How often a page asks after a busy run within nine seconds, while a stream of that topic is open."""
        page, asked = self.page("play_run"), []
        self.open()
        source = page.content().replace("<body ", f'<body data-live="/live?topic={topic}" ', 1)
        source = source.replace("<section ", '<section data-refresh="/steps" data-busy ', 1)
        html = {"content_type": "text/html; charset=utf-8"}
        page.route("**/play_run.some.en.html", lambda route: route.fulfill(body=source, **html))
        page.route("**/live?*", lambda route: route.fulfill(body="event: changed\ndata: 1\n\n", content_type="text/event-stream"))

        def drawn(route):
            asked.append(route.request.url)
            route.fulfill(body='<section data-refresh="/steps" data-busy></section>', **html)

        page.route("**/steps", drawn)
        # The stream stays open, though the answer above has ended.
        page.add_init_script("""const Source = EventSource; window.EventSource = class extends Source {
            addEventListener(kind, take) { if (kind !== 'error') super.addEventListener(kind, take); } };""")
        page.clock.install()
        page.reload()
        page.wait_for_function("document.querySelector('[data-news]').hidden === false")
        page.clock.run_for(9_000)
        page.wait_for_timeout(200)
        return len(asked)

    def test_work_is_asked_after_only_now_and_then_while_its_own_stream_is_open(self):
        self.assertGreaterEqual(self.asked_while_busy("notices"), 1)
        # Once for what has come further before the stream was open.
        self.assertEqual(self.asked_while_busy("flow_run.1"), 1)

    def test_a_row_that_is_bad_as_a_whole_says_why(self):
        page = self.page("import.fix")
        self.open()
        page.locator("th.bad[data-reason] a").first.focus()
        self.assertEqual(page.locator("[data-reason-line]").inner_text(), page.locator("th.bad").first.get_attribute("data-reason"))

    def test_tabs_keys_and_dialogs(self):
        page = self.page("case")
        self.open()
        tabs = page.locator("[role=tab]")
        tabs.first.focus()
        page.keyboard.press("ArrowRight")
        self.assertTrue(page.locator("#stream").is_visible() and not page.locator("#help").is_visible())
        page.keyboard.press("c")
        self.assertEqual(page.evaluate("document.activeElement.id"), "comment")
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        self.assertTrue(page.locator("#keys").is_visible())
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        self.assertEqual(page.evaluate("document.activeElement.id"), "app-search")
        # A link to a fault inside a folded part opens it.
        page.evaluate("document.querySelector('#team').open = false; location.hash = 'go_live_date'")
        page.wait_for_selector("#go_live_date", state="visible")

    def test_rows_by_the_keyboard(self):
        page = self.page("list")
        self.open()
        for key in ("j", "j", "k", "x"):
            page.keyboard.press(key)
        self.assertEqual(page.locator("tr[data-current] a").first.inner_text(), "ALEONB0001004")
        self.assertTrue(page.locator("[data-chosen]").is_visible())
        self.assertEqual(page.locator("[data-chosen-text]").inner_text(), "1 chosen")

    def test_what_is_typed_waits_for_the_same_person_alone(self):
        page = self.page("case")
        self.open()
        page.click("[role=tab] >> nth=1")
        page.fill("#comment", "half a sentence")
        page.reload()
        self.assertEqual(page.input_value("#comment"), "half a sentence")
        page.evaluate("document.querySelector('form[data-sign-out]').dispatchEvent(new Event('submit'))")
        page.reload()
        self.assertEqual(page.input_value("#comment"), "")

    def test_only_what_was_touched_waits(self):
        page = self.page("task")
        self.open()
        form = page.locator("#edit")
        names = form.locator("input:not([type=hidden]):not([type=radio]), textarea").evaluate_all("all => all.map(each => each.name)")
        first = form.locator(f"[name='{names[0]}']")
        first.fill("typed here")
        kept = page.evaluate("Object.values(sessionStorage).find(text => text.includes('typed here'))")
        self.assertEqual([name for name, _ in json.loads(kept)], [names[0]])
        # What the server draws again goes before what waits.
        page.evaluate("document.querySelector('#edit').setAttribute('data-redrawn', '')")
        source = page.content().replace("typed here", "")
        page.route("**/task.some.en.html", lambda route: route.fulfill(body=source, content_type="text/html; charset=utf-8"))
        page.reload()
        self.assertNotEqual(page.locator(f"#edit [name='{names[0]}']").input_value(), "typed here")

    def test_what_was_made_of_a_form_does_not_wait_for_the_next_one(self):
        page = self.page("record_new")
        # The sample was refused once; here it is new.
        page.route("**/record_new.some.en.html", lambda route: route.fulfill(
            body=route.fetch().text().replace(" data-redrawn", ""), content_type="text/html; charset=utf-8"))
        self.open()
        field = page.locator("#edit input[type=text]:not([data-choose]), #edit textarea").first
        field.fill("typed here")
        page.reload()
        self.assertEqual(field.input_value(), "typed here")
        made = page.content().replace("<body ", '<body data-saved="edit" ', 1)
        page.route("**/made.html", lambda route: self.take(route, made))
        page.evaluate("Object.assign(document.querySelector('#edit'), {noValidate: true, action: '/made.html'})")
        page.click("#edit button.button-main")
        page.wait_for_url("**/made.html")
        self.open()
        self.assertNotEqual(field.input_value(), "typed here")

    def test_a_page_that_was_away_comes_by_itself(self):
        page, asked = self.page("error_within.away"), []
        page.clock.install()
        self.open()

        def answer(route):
            asked.append(route.request.headers.get("x-passive"))
            away = len(asked) < 3
            route.fulfill(status=503 if away else 200, body="away" if away else "<h1>here</h1>", content_type="text/html; charset=utf-8")

        page.route("**/error_within.away.some.en.html", answer)
        for _ in range(3):
            page.clock.run_for(3_100)
            page.wait_for_timeout(100)
        page.wait_for_selector("h1:text-is('here')")
        # Asking by itself keeps no session alive; what is asked for at last is the page.
        self.assertEqual(asked, ["1", "1", "1", None])
        page = self.page("error_within.missing")
        page.clock.install()
        self.open()
        page.route("**/error_within.missing.some.en.html", answer)
        page.clock.run_for(30_000)
        self.assertEqual(len(asked), 4)

    def test_a_date_is_said_in_words(self):
        page = self.page("case_new")
        self.open()
        words = page.locator("#go_live_date ~ [data-words]")
        self.assertRegex(words.inner_text(), "^8 Jan 2027 · ")
        page.fill("#go_live_date", "2027-02-03")
        self.assertEqual(words.inner_text(), "3 Feb 2027")
        page.fill("#go_live_date", "")
        self.assertFalse(words.is_visible())
        page.reload()
        # What was typed and kept is said in words as well.
        self.assertEqual(page.input_value("#go_live_date"), "")
        page.goto("/case_new.some.ko.html")
        page.fill("#go_live_date", "2027-02-03")
        self.assertEqual(words.inner_text(), "2027년 2월 3일")

    def test_nothing_moves_by_itself(self):
        page = self.page("import.upload")
        self.open()
        page.evaluate("document.body.dataset.live = '/events'")
        source = page.content().replace("<body ", '<body data-live="/events" ', 1)
        page.route("**/import.upload.some.en.html", lambda route: route.fulfill(body=source, content_type="text/html; charset=utf-8"))
        events = "event: changed\ndata: 1\n\nevent: changed\ndata: 1\n\nevent: notices\ndata: 7\n\n"
        page.route("**/events", lambda route: route.fulfill(body=events, content_type="text/event-stream"))
        page.reload()
        page.wait_for_selector("[data-news]:not([hidden])")
        self.assertRegex(page.locator("[data-news]").inner_text(), r"^[24] new")
        self.assertEqual(page.locator("[data-notices]").inner_text(), "7")


if __name__ == "__main__":
    unittest.main()
