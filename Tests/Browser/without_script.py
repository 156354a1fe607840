"""Work without a script: an import from its file to its undo, lists by their links and forms, and a customer's task."""
import urllib.parse


class WithoutScript:
    """Of a test case that knows visitors and what is running."""

    def test_an_import_without_script(self):
        task = self.import_of_offices()
        visitor = self.visitor("agent", has_script=False).sign_in()
        page = visitor.page
        address = f"/imports/{task['id']}"
        visitor.open(f"{address}?step=upload")
        text = "Name,Account,City,Country\nOffice Traun,Ernst Handel,Traun,Austria\nOffice Nowhere,Ernst Hendel,Linz,Austria\n"
        page.set_input_files("#file", {"name": "traun.csv", "mimeType": "text/csv", "buffer": text.encode()})
        visitor.going(lambda: page.click("form[data-drop] button"))
        self.assertIn("traun.csv", page.locator("main").inner_text())
        page.check("input[name=upload]")
        visitor.going(lambda: page.click("button[value=match]"))
        self.assertEqual(page.locator("#match select").first.input_value(), "name")
        visitor.going(lambda: page.click("#match button[value=load]"))
        self.until(visitor, f"{address}?step=fix", "tr[data-row] td[data-field=account]")
        # The row is corrected in its form.
        visitor.going(lambda: page.locator("tr[data-row] th a").first.click())
        page.fill("#cell-account", "Ernst Handel")
        visitor.going(lambda: page.click("form#row button"))
        self.assertIn("done=saved", page.url)
        self.until(visitor, f"{address}?step=plan", "form[action$='/plan'] button")
        visitor.going(lambda: page.click("form[action$='/plan'] button"))
        self.until(visitor, f"{address}?step=plan", "form[action$='/publish'] button")
        page.locator("details.plan-row > summary, details > summary", has_text="Office Traun").first.click()
        self.assertTrue(page.get_by_text("Traun", exact=True).first.is_visible())
        visitor.going(lambda: page.click("form[action$='/publish'] button"))
        self.until(visitor, f"{address}?step=publish", "form[action$='/undo'] button")
        visitor.going(lambda: page.click("form[action$='/undo'] button"))
        self.assertIn("done=undone", page.url)

    def test_lists_and_the_portal_without_script(self):
        running = self.running()
        visitor = self.visitor("agent", has_script=False).sign_in()
        page = visitor.page
        visitor.open("/lists/lifecycle_task?active=true")
        visitor.going(lambda: page.click("th a:has-text('Number')"))
        self.assertEqual(page.locator("th[aria-sort]").inner_text(), "Number")
        page.locator("summary", has_text="State").first.click()
        page.locator("details[open] input[value=open]").check()
        visitor.going(lambda: page.click("details[open] button"))
        self.assertIn("State is Open", page.locator("main").inner_text())
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
        self.assertEqual((query["state"], query["active"]), (["open"], ["true"]))
        # Who is meant is named: nobody has put the id beside it.
        page.locator("summary", has_text="Assigned to").first.click()
        page.fill("details[open] input[type=text]", "Olivia Onboarding")
        visitor.going(lambda: page.click("details[open] button"))
        self.assertIn(running.task["number"], page.locator("main").inner_text())
        self.assertIn("Olivia Onboarding", page.locator("main").inner_text())
        customer = self.visitor("customer-administrator", width=390, has_script=False).sign_in()
        page = customer.page
        customer.going(lambda: page.click(f"a[href='/portal/tasks/{running.task['id']}']"))
        page.fill("#comment", "Without a script.")
        customer.going(lambda: page.click("#say button"))
        self.assertIn("Without a script.", page.content())
        customer.going(lambda: page.click("form[action$='/move'] button[value=in_progress]"))
        self.assertIn("done=moved", page.url)
        customer.going(lambda: page.click(".toast form button"))
        self.assertIn("done=restored", page.url)
        customer.open(f"/portal/tasks/{running.task['id']}")
        page.set_input_files("#file", {"name": "branches.txt", "mimeType": "text/plain", "buffer": b"Three."})
        customer.going(lambda: page.click("form[data-drop] button"))
        self.assertIn("branches.txt", page.locator("main").inner_text())
