"""Steps of an import beside its main road: several files at once, another sheet, a text replaced in a whole column, the workbook of
what is wrong down and up again, checking once more, and a run that is told to end."""
import io
import pathlib

import openpyxl

HEAD = "Name,Account,Street,City,Postal code,Country,Time zone\n"
# Rows of a file that takes a while.
MANY = 40_000


def workbook(rows):
    """A workbook whose first sheet is not the one that is meant."""
    book = openpyxl.Workbook()
    book.active.title = "Old"
    book.active.append(["Nothing", "of", "use"])
    sheet = book.create_sheet("Sites")
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


class Importing:
    """Of a test case that knows visitors and what is running."""

    def rows_that(self, task, status):
        return int(self.running().ask("import-validation.import_tasks.summarize", "agent", id=task["id"]).get(status, 0))

    def test_two_files_another_sheet_a_column_and_the_error_workbook(self):
        task, stack = self.import_of("Import sites of two files"), self.running()
        visitor = self.visitor("agent").sign_in()
        page, address = visitor.page, f"/imports/{task['id']}"
        sites = [["Site", *HEAD.strip().split(",")[1:]]] + [
            [f"Site {n}", "Ernst Handel", f"Way {n}", "Wels", "4600", "Ostreich", "Europe/Vienna"] for n in range(3)]
        text = HEAD + "".join(f"Depot {n},Ernst Hendel,Road {n},Linz,4020,Austria,Europe/Vienna\n" for n in range(2))
        visitor.open(f"{address}?step=upload")
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        page.set_input_files("#file", [
            {"name": "depots.csv", "mimeType": "text/csv", "buffer": text.encode()},
            {"name": "sites.xlsx", "mimeType": kind, "buffer": workbook(sites)}])
        page.wait_for_selector("ul.files li:has-text('sites.xlsx') input[name=upload]")
        self.assertEqual(page.locator("input[name=upload]").count(), 2)
        # The sheet is said by hand, and so is the column whose title says nothing.
        for box in page.locator("input[name=upload]").all():
            box.set_checked("sites.xlsx" in box.locator("xpath=ancestor::li").inner_text())
        visitor.going(lambda: page.click("button[value=match]"))
        page.select_option("select[name=sheet]", "Sites")
        visitor.going(lambda: page.click("#match button[value=look]"))
        self.assertIn("Site 0", page.locator("#match").inner_text())
        page.select_option("select[name=field-A]", "name")
        visitor.going(lambda: page.click("#match button[value=load]"))
        self.running().eventually(lambda: self.rows_that(task, "needsAttention") == 3)
        visitor.open(f"{address}?step=upload")
        for box in page.locator("input[name=upload]").all():
            box.set_checked("depots.csv" in box.locator("xpath=ancestor::li").inner_text())
        visitor.going(lambda: page.click("button[value=load]"))
        stack.eventually(lambda: self.rows_that(task, "needsAttention") == 5)
        # A text is replaced in the whole column, chosen and typed with keys alone.
        visitor.open(f"{address}?step=fix")
        self.press(visitor, ".chip-wide[href*='Ostreich']")
        self.assertEqual(page.locator("tr[data-row]").count(), 3)
        self.to(page, "#replacement")
        page.keyboard.type("Austria")
        self.press(visitor, "form[action*='/replace'] button")
        self.assertIn("done=replaced", page.url)
        stack.eventually(lambda: self.rows_that(task, "readyToPublish") == 3)
        # What is left comes as a workbook, which mends those very rows when it is sent again.
        visitor.open(f"{address}?step=fix")
        with page.expect_download() as download:
            page.click("a[href$='/errors']")
        book = openpyxl.load_workbook(io.BytesIO(pathlib.Path(download.value.path()).read_bytes()))
        mended = 0
        for row in book.active.iter_rows():
            for cell in row:
                if cell.value == "Ernst Hendel":
                    cell.value, mended = "Ernst Handel", mended + 1
        self.assertEqual(mended, 2)
        content = io.BytesIO()
        book.save(content)
        visitor.open(f"{address}?step=upload")
        page.set_input_files("#file", {"name": "mended.xlsx", "mimeType": kind, "buffer": content.getvalue()})
        page.wait_for_selector("ul.files li:has-text('mended.xlsx') input[name=upload]")
        for box in page.locator("input[name=upload]").all():
            box.set_checked("mended.xlsx" in box.locator("xpath=ancestor::li").inner_text())
        visitor.going(lambda: page.click("button[value=load]"))
        stack.eventually(lambda: self.rows_that(task, "readyToPublish") == 5)
        # All for nothing: what is not published goes, and the files are still there.
        self.until(visitor, f"{address}?step=upload", "[data-refresh]:not([data-busy])")
        form = "form[action$='/start-over']"
        page.click(f"details:has(> {form}) > summary")
        self.assertIn("5", page.locator(f"{form} button").inner_text())
        visitor.look("import-start-over")
        visitor.going(lambda: page.click(f"{form} button"))
        self.assertIn("done=started-over", page.url, page.locator("main").inner_text())
        self.assertTrue(page.locator(".count-box:has([data-value=ready_to_publish]) b:text-is('0')").count())
        self.assertEqual((page.locator("input[name=upload]").count(), page.locator(form).count()), (3, 0))
        self.assertEqual(visitor.said, [])

    def test_a_run_is_followed_by_events_checked_again_and_told_to_end(self):
        task = self.import_of("Import a lot")
        visitor = self.visitor("agent", language="ko").sign_in()
        page, address = visitor.page, f"/imports/{task['id']}"
        text = HEAD + "".join(f"Mast {n},Ernst Handel,Road {n},Linz,4020,Austria,Europe/Vienna\n" for n in range(MANY))
        visitor.open(f"{address}?step=upload")
        page.set_input_files("#file", {"name": "masts.csv", "mimeType": "text/csv", "buffer": text.encode()})
        page.wait_for_selector("ul.files li:has-text('masts.csv') input[name=upload]", timeout=60_000)
        page.check("input[name=upload]")
        visitor.going(lambda: page.click("button[value=load]"))
        # The bar comes further by events: the page asks by itself only every ten seconds.
        page.wait_for_selector("[data-refresh][data-busy] progress")
        first = page.locator("[data-refresh]").inner_text()
        page.wait_for_function("first => document.querySelector('[data-refresh]').innerText !== first", arg=first, timeout=9_000)
        visitor.going(lambda: page.click("form[action$='/cancel'] button"))
        self.assertIn("done=run-canceled", page.url)
        self.until(visitor, f"{address}?step=upload", ".badge[data-value=canceled]")
        visitor.look("import-canceled")
