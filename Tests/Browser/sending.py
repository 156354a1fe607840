"""What the script does as something is sent: files, one by one or dragged in, and the text of a response template."""
import contextlib
import re
import urllib.parse


class Sending:
    """Of a test case that has pages drawn from samples, and answers what they ask the server."""

    def test_files_are_sent_one_by_one_and_a_refusal_is_told(self):
        page = self.page("import.upload")
        refused = {"X-Problem": urllib.parse.quote("이 파일은 너무 큽니다.")}
        page.route("**/imports/ALEIMP0001003/files", lambda route: route.fulfill(status=413, headers=refused, body=""))
        self.open()
        page.set_input_files("#file", [{"name": name, "mimeType": "text/csv", "buffer": b"a,b"} for name in ("one.csv", "두번째.csv")])
        page.wait_for_selector("[data-files] li:nth-child(2) .fault")
        self.assertEqual(page.locator("[data-files] [data-name]").all_inner_texts(), ["one.csv", "두번째.csv"])
        self.assertEqual(page.locator("[data-files] .fault").first.inner_text(), "이 파일은 너무 큽니다.")

    def test_a_file_that_is_led_to_the_sign_in_was_not_sent(self):
        page = self.page("import.upload")
        page.route("**/imports/ALEIMP0001003/files", lambda route: route.fulfill(status=303, headers={"Location": "/sign-in"}))
        page.route("**/sign-in", lambda route: route.fulfill(body="Sign in"))
        self.open()
        page.set_input_files("#file", [{"name": "one.csv", "mimeType": "text/csv", "buffer": b"a,b"}])
        page.wait_for_selector("[data-files] .fault")

    def test_a_tick_goes_before_the_file(self):
        page, sent = self.page("task"), []
        page.route("**/files", lambda route: (sent.append(route.request.post_data_buffer.decode(errors="replace")), route.fulfill(body="")))
        self.open()
        page.click("[role=tab][href='#files']")
        for is_ticked in (False, True):
            page.set_checked("[name=visible_to_customer]", is_ticked)
            with page.expect_navigation():
                page.set_input_files("#file", [{"name": "one.csv", "mimeType": "text/csv", "buffer": b"a,b"}])
            page.wait_for_load_state()
        self.assertNotIn("visible_to_customer", sent[0])
        self.assertLess(sent[1].index("visible_to_customer"), sent[1].index("one.csv"))

    def test_a_response_template_goes_behind_what_is_typed(self):
        page = self.page("record")
        page.route("**/say", lambda route: self.take(route, '<p data-insert-text>Dear Ann &amp; Co,\nthanks.</p><p data-insert-note>Read it.</p>'))
        self.open()
        page.click("[role=tab][href='#stream']")
        page.fill("#comment", "Hello,")
        page.click("[data-insert]")
        page.wait_for_function("document.querySelector('#comment').value.includes('thanks')")
        self.assertEqual(page.input_value("#comment"), "Hello,\n\nDear Ann & Co,\nthanks.")
        self.assertEqual(page.locator("[data-insert-note]").inner_text(), "Read it.")
        self.assertEqual((self.posted[0]["kind"], self.posted[0]["template"]), ("template", "0 en"))
        # It waits in the tab as if it had been typed.
        page.reload()
        self.assertIn("thanks.", page.input_value("#comment"))
        # Where nothing is chosen nothing is asked.
        page.select_option("#template", "")
        page.click("[data-insert]")
        self.assertEqual((len(self.posted), page.evaluate("document.activeElement.id")), (1, "template"))
        # What cannot be had in place is asked for with the page, which says why.
        page.unroute("**/say")
        page.route("**/say", lambda route: route.fulfill(status=422 if "x-fragment" in route.request.headers else 200, body="The whole page"))
        page.select_option("#template", "0 en")
        with page.expect_navigation():
            page.click("[data-insert]")
        self.assertIn("The whole page", page.content())

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
