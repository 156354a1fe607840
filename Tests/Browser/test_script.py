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
from browser import chromium, folder_served  # noqa: E402

ROWS = 1_000_000
BLOCK = 60


def block(first):
    """Rows of the grid as the server draws them, and where the next ones are."""
    rows = "".join(
        f'<tr data-row data-etag="1" data-cells="/cells/{number}"><th scope="row" class="grid-key"><a href="#">{number:,}</a></th>'
        f'<td data-field="name">Site {number}</td><td data-field="country" class="bad" data-reason="Not known.">Norwey</td></tr>'
        for number in range(first, first + BLOCK))
    following = first + BLOCK
    return (f'<table><tbody data-block="/block?after={first}">{rows}</tbody>'
            + (f'<tbody data-block="/block?after={following}" data-far="1"><tr><td>…</td></tr></tbody></table>' if following < ROWS else "</table>"))


class Script(unittest.TestCase):
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
        for _ in range(60):
            page.mouse.wheel(0, 1200)
            page.wait_for_timeout(30)
        page.wait_for_timeout(300)
        self.assertGreater(max(asked), 20 * BLOCK)
        self.assertLess(page.locator("[data-grid] tr[data-row]").count(), 8 * BLOCK)
        # Back at the top the first rows are asked for again.
        before = len(asked)
        page.evaluate("document.querySelector('[data-grid]').scrollTop = 0")
        page.wait_for_timeout(500)
        self.assertGreater(len(asked), before)
        self.assertGreater(page.locator("[data-grid] tbody >> nth=0 >> tr[data-row]").count(), 0)

    def test_cells_are_edited_where_they_stand(self):
        page = self.page("import.fix")
        row = '<table><tbody><tr data-row data-etag="2" data-cells="/cells/1"><th>13</th><td data-field="f3">Norway</td></tr></tbody></table>'
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
        self.assertEqual(self.posted[0], {"csrf": "c5", "field": "f3", "value": "Norway", "etag": "e"})
        # What is refused stays in the field, with its reason; Escape leaves the cell as it was.
        page.locator("tr[data-cells$='/14'] td[data-field=f3]").click()
        page.keyboard.type("!")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-editing] input[aria-invalid=true]")
        self.assertEqual(page.locator("[data-reason-line]").inner_text(), "It cannot be changed.")
        page.keyboard.press("Escape")
        self.assertEqual(page.locator("tr[data-cells$='/14'] td[data-field=f3]").inner_text().strip()[:6], "Norwey")

    def test_references_are_found_while_typing(self):
        page = self.page("task")
        found = "".join(f'<div role="option" aria-selected="false" data-value="c{n}" data-text="{name}">{name}</div>' for n, name in enumerate(("Ingrid Solberg", "Ines Berg")))
        page.route("**/choose/customer_contact*", lambda route: self.take(route, found))
        self.open()
        field = page.locator("#contact")
        field.fill("In")
        page.wait_for_selector("[role=option]")
        self.assertEqual(page.locator("input[name=contact]").input_value(), "")
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        self.assertEqual((field.input_value(), page.locator("input[name=contact]").input_value()), ("Ines Berg", "c1"))
        self.assertEqual(field.get_attribute("aria-expanded"), "false")

    def test_files_are_sent_one_by_one_and_a_refusal_is_told(self):
        page = self.page("import.upload")
        refused = {"X-Problem": urllib.parse.quote("이 파일은 너무 큽니다.")}
        page.route("**/imports/ALEIMP0001003/files", lambda route: route.fulfill(status=413, headers=refused, body=""))
        self.open()
        page.set_input_files("#file", [{"name": name, "mimeType": "text/csv", "buffer": b"a,b"} for name in ("one.csv", "두번째.csv")])
        page.wait_for_selector("[data-files] li:nth-child(2) .fault")
        self.assertEqual(page.locator("[data-files] [data-name]").all_inner_texts(), ["one.csv", "두번째.csv"])
        self.assertEqual(page.locator("[data-files] .fault").first.inner_text(), "이 파일은 너무 큽니다.")

    def test_files_that_are_dragged_in_are_sent_together(self):
        page, sent = self.page("import.upload"), []

        def take(route):
            sent.append(re.search(r'filename="([^"]*)"', route.request.post_data_buffer.decode(errors="replace")).group(1))
            route.fulfill(status=200, body="")

        page.route("**/imports/ALEIMP0001003/files", take)
        self.open()
        over = page.evaluate("""() => { const form = document.querySelector('[data-drop]'); const all = new DataTransfer();
            for (const name of ['one.csv', '두번째.csv']) all.items.add(new File(['a,b'], name));
            const tell = (kind) => form.dispatchEvent(new DragEvent(kind, {dataTransfer: all, bubbles: true, cancelable: true}));
            window.before = true;
            tell('dragover'); const over = form.dataset.over; tell('drop'); return over; }""")
        self.assertEqual(over, "1")
        # When all have come the page shows them.
        page.wait_for_function("!window.before && document.readyState === 'complete'")
        self.assertEqual(sent, ["one.csv", "두번째.csv"])

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
        self.assertEqual(self.asked_while_busy("flow_run.1"), 0)

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

    def test_a_file_on_its_way_is_canceled(self):
        page, held = self.page("import.upload"), []
        page.route("**/imports/ALEIMP0001003/files", lambda route: held.append(route))
        self.open()
        page.set_input_files("#file", [{"name": "one.csv", "mimeType": "text/csv", "buffer": b"a,b"}])
        page.click("[data-files] [data-cancel]")
        page.wait_for_selector("[data-files] [data-status]:has-text('Canceled')")
        for route in held:
            with contextlib.suppress(Exception):
                route.abort()

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
