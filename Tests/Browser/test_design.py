"""Every page from its sample: in both languages, light and dark, with nothing and with a lot, on a phone and on a desk."""
import json
import multiprocessing
import os
import pathlib
import re
import sys
import tempfile
import unittest
from concurrent.futures import ProcessPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import pages  # noqa: E402
from browser import chromium, folder_served, picture, sideways, violations  # noqa: E402

# How a page is looked at: language, state, width, scheme, and whether its script runs. Pictures are kept of the first two looks; of
# all of them, a third of the time more, where ALE_PICTURES is set.
LOOKS = [
    ("en", "some", 1440, "light", True), ("ko", "some", 390, "light", True), ("en", "some", 1024, "dark", True),
    ("ko", "none", 1440, "dark", False), ("en", "many", 390, "dark", True),
]


# In how many parts the pages of a look are looked at: two browsers beside each other end at about the same time.
PARTS = 2


def faults(address, look, part):
    """Takes a picture of a part of the pages in a look, and answers what is wrong with them."""
    language, state, width, scheme, has_script = look
    found = []
    with chromium() as browser:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True)
        if not has_script:
            context.route("**/*.js", lambda route: route.abort())
        page = context.new_page()
        for name in pages.Pages.names()[part::PARTS]:
            page.goto(f"{address}/{name}.{state}.{language}.html")
            if look in LOOKS[:2] or "ALE_PICTURES" in os.environ:
                picture(page, f"design/{name}.{state}.{language}.{width}.{scheme}")
            wrong = violations(page)
            if sideways(page) > 0:
                wrong.append("is wider than the window")
            if wrong:
                found.append((name, look, wrong))
        context.close()
    return found


class Texts(unittest.TestCase):
    """What can be seen without a browser."""

    def test_templates_are_given_what_they_name(self):
        for language in ("en", "ko"):
            every = pages.Pages(language)
            for name in every.names():
                for state in pages.STATES:
                    every.draw(name, state)
            self.assertEqual({page: names for page, names in every.missing.items() if "(some)" in page}, {})

    def test_every_page_has_a_sample(self):
        drawn = {name.split(".")[0] for name in pages.Pages.names()}
        templates = {path.stem for path in pages.WORKSPACE.rglob("*.mustache") if "{{<" in path.read_text()}
        self.assertEqual(templates - drawn, set())

    def test_what_a_sample_has_a_handler_gives(self):
        """No picture shows a button that no page has."""
        code = "\n".join(path.read_text() for path in pages.WORKSPACE.rglob("*.swift"))
        known = set(re.findall(r'"(\w+)"', code)) | set(re.findall(r"\bcase (\w+)", code))
        every = set(json.loads((pages.SAMPLES / "every_page.json").read_text()))
        for name in pages.Pages.names():
            sample = set(json.loads((pages.SAMPLES / f"{name}.json").read_text()))
            self.assertEqual(sample - every - known, set(), name)

    def test_strings_and_templates_agree(self):
        """No string is missing, and none is there for nothing: what no template names, code does."""
        known, named, coded = set(pages.strings("en")), set(), set()
        for path in pages.WORKSPACE.rglob("*.mustache"):
            named |= set(re.findall(r"\bt\.([A-Za-z0-9_]+)", path.read_text()))
        for path in pages.WORKSPACE.rglob("*.swift"):
            coded |= set(re.findall(r'"([a-z0-9_]+)"', path.read_text()))
        self.assertEqual(named - known, set())
        self.assertEqual(known - named - coded, set())

    def test_nothing_is_inline_and_nothing_unescaped(self):
        for path in pages.WORKSPACE.rglob("*.mustache"):
            text = path.read_text()
            for forbidden in (r"\sstyle=", r"\son[a-z]+=", r"<style", r"<script(?! src)", r"\{\{\{", r"\{\{&", r"https?://"):
                self.assertIsNone(re.search(forbidden, text), f"{path.name}: {forbidden}")

    def test_first_visit_is_small(self):
        """As it is drawn; how a full page is sent WeightTests look at."""
        design = pages.WORKSPACE / "Design"
        self.assertLess((design / "workspace.css").stat().st_size, 40_000)
        fixed = sum((design / name).stat().st_size for name in ("workspace.css", "workspace.js", "icon.svg"))
        every = pages.Pages("ko")
        for name in every.names():
            self.assertLess(fixed + len(every.draw(name).encode()), 100_000, name)

    def test_a_fault_is_found(self):
        with self.assertRaises(pages.mustache.Fault):
            pages.mustache.parse("{{#a}}{{/b}}", "a")
        library = pages.mustache.Library({"a": "{{b}}"}, lambda value, name: (name in value, value.get(name)))
        library.draw("a", {})
        self.assertEqual(library.missing, {"a: b"})


class Looks(unittest.TestCase):
    """What can only be seen in a browser."""

    def test_every_page_in_every_look(self):
        with tempfile.TemporaryDirectory() as folder, folder_served(folder) as address:
            pages.write(pathlib.Path(folder))
            looks = [(look, part) for look in LOOKS for part in range(PARTS)]
            with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
                found = list(pool.map(faults, [address] * len(looks), *zip(*looks)))
        self.assertEqual([fault for faults in found for fault in faults], [])

    def test_a_folded_form_opens_for_its_key_and_for_what_waits_in_it(self):
        with tempfile.TemporaryDirectory() as folder, folder_served(folder) as address, chromium() as browser:
            pages.write(pathlib.Path(folder), "case")
            page = browser.new_page()
            page.goto(f"{address}/case.some.en.html")
            folded = page.locator("#details")
            self.assertIsNone(folded.get_attribute("open"))
            page.keyboard.press("e")
            self.assertIsNotNone(folded.get_attribute("open"))
            page.keyboard.type("Second: ")
            self.assertIn("Second: ", page.input_value("#short_description"))
            page.goto(f"{address}/case.some.en.html")
            self.assertIsNotNone(folded.get_attribute("open"))
            self.assertTrue(page.locator("#details [data-kept]").is_visible())

    def test_a_case_and_a_success_plan_on_paper(self):
        with tempfile.TemporaryDirectory() as folder, folder_served(folder) as address, chromium() as browser:
            pages.write(pathlib.Path(folder), "case", "success_plan")
            for name, language in ((name, language) for name in ("case", "success_plan") for language in ("en", "ko")):
                page = browser.new_page(viewport={"width": 794, "height": 1123})
                page.goto(f"{address}/{name}.some.{language}.html")
                shown = page.locator("#content").inner_text()
                page.emulate_media(media="print")
                picture(page, f"design/{name}.paper.{language}")
                # What is only for the screen is not printed, and what is folded or behind a tab is.
                for selector in (".app-bar", ".side", "#content button", "[data-drop]"):
                    self.assertEqual([each for each in page.locator(selector).all() if each.is_visible()], [], selector)
                folded = page.locator(".tab-part, .activity-body, #content details:not(.menu) > :not(summary)").all()
                self.assertTrue(folded)
                for part in folded:
                    self.assertTrue(part.is_visible())
                self.assertGreater(len(page.locator("#content").inner_text()), len(shown) // 2)
                self.assertLessEqual(sideways(page), 0)
                page.close()


if __name__ == "__main__":
    unittest.main()
