"""The main journeys with the keyboard alone: an import from its file to its undo, and a customer's answer in the portal."""

# A row whose customer nobody knows, and one that is as it should be.
OFFICES = """Name,Account,Street,City,Postal code,Country,Time zone
Office Wels,Ernst Handel,Ringstraße 1,Wels,4600,Austria,Europe/Vienna
Office Nowhere,Ernst Hendel,Nowhere 2,Linz,4020,Austria,Europe/Vienna
"""
# Most steps to something on a page: one that takes more is out of reach.
STEPS = 150


class Keyboard:
    """Of a test case that knows visitors and what is running."""

    def to(self, page, selector):
        """Steps to what is meant, as Tab leads there. What has the focus shows it."""
        for _ in range(STEPS):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                shown = page.evaluate("""() => { const style = getComputedStyle(document.activeElement);
                    return style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }""")
                self.assertTrue(shown, f"the focus on {selector} is not to be seen")
                return
        self.fail(f"no key leads to {selector} on {page.url}")

    def press(self, visitor, selector, key="Enter"):
        """Steps to a link or a button and takes it, which leads to another page."""
        self.to(visitor.page, selector)
        visitor.going(lambda: visitor.page.keyboard.press(key))

    def when(self, page, selector):
        """Reads the page anew until something is on it, as one does with F5."""
        for _ in range(60):
            if page.locator(selector).count():
                return
            page.wait_for_timeout(400)
            page.reload()
        self.fail(f"{selector} did not come to {page.url}:\n{page.locator('main').inner_text()}")

    def import_of_offices(self):
        stack = self.running()
        shared = {key: stack.task_of_import[key] for key in (
            "parent", "contact", "assignedTo", "account", "sourceTable", "targetTable", "dataSource")}
        return stack.ask("import-validation.import_tasks.create", "agent", importTask={**shared, "shortDescription": "Import offices"})

    def test_an_import_with_the_keyboard_alone(self):
        task = self.import_of_offices()
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        page.keyboard.press("/")
        page.keyboard.type(task["number"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/search*")
        # The field of the search keeps the focus no longer than it is wanted.
        page.keyboard.press("Escape")
        page.locator("body").press("j")
        visitor.going(lambda: page.keyboard.press("Enter"))
        self.assertIn("/imports/", page.url)
        # The dialog behind the field of files is the browser's own.
        self.to(page, "#file")
        page.set_input_files("#file", {"name": "offices.csv", "mimeType": "text/csv", "buffer": OFFICES.encode()})
        page.wait_for_selector("input[name=upload]")
        self.to(page, "input[name=upload]")
        if not page.locator("input[name=upload]").first.is_checked():
            page.keyboard.press("Space")
        self.press(visitor, "button[value=match]")
        self.press(visitor, "#match button[value=load]")
        self.when(page, "a.count-box, a[href*='status=needs_attention']")
        self.press(visitor, ".stepper a[href$='step=fix']")
        self.when(page, "tr[data-row] td[data-field=account]")
        # The first reason narrows the rows; arrows lead through the cells.
        self.press(visitor, ".chip-wide")
        self.to(page, "[data-grid]")
        page.keyboard.press("ArrowDown")
        for _ in range(30):
            if page.evaluate("document.activeElement.dataset.field") == "account":
                break
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+a")
        page.keyboard.type("Ernst Handel")
        page.keyboard.press("Enter")
        page.wait_for_selector("td[data-field=account]:has-text('Ernst Handel')")
        visitor.look("keyboard-fix")
        self.press(visitor, ".stepper a[href$='step=plan']")
        self.when(page, "form[action$='/plan'] button")
        self.press(visitor, "form[action$='/plan'] button")
        self.when(page, "form[action$='/publish'] button")
        self.press(visitor, "form[action$='/publish'] button")
        self.when(page, "form[action$='/undo'] button")
        self.press(visitor, "form[action$='/undo'] button")
        self.assertEqual(visitor.said, [])

    def test_an_activity_and_files_of_a_case(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{self.running().case['number']}")
        form = page.locator("details[open] form[id^=form-]").first.get_attribute("id")
        field = f"#{form} input[type=date], #{form} input[type=text], #{form} textarea"
        # Half of it is kept, with keys alone.
        if page.locator(field).count():
            self.to(page, field)
        self.press(visitor, f"#{form} button[value=save]")
        self.assertIn("done=saved", page.url)
        self.assertTrue(page.locator(f"#{form} button[value=complete]").is_visible())
        page.set_input_files("#file", [
            {"name": name, "mimeType": "text/plain", "buffer": b"As agreed."} for name in ("contract.txt", "plan.txt")])
        for name in ("contract.txt", "plan.txt"):
            page.wait_for_selector(f"a[href*='/files/']:has-text('{name}')", state="attached")
        self.assertEqual(visitor.said, [])

    def test_an_activity_dates_and_a_play_with_the_keyboard_alone(self):
        case = self.running().case
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open(f"/cases/{case['number']}")
        # The first activity at work is completed, and begun anew.
        form = page.locator("details[open] form[id^=form-]").first.get_attribute("id")
        self.press(visitor, f"#{form} button[value=complete]")
        self.assertIn("done=completed", page.url, page.locator("main").inner_text())
        self.assertFalse(page.locator(f"#{form}").count())
        self.press(visitor, ".toast form button")
        self.assertTrue(page.locator(f"#{form} button[value=complete]").is_visible())
        # The go-live date moves by a month, with what follows it, and comes back.
        self.press(visitor, ".actions a[href$='/go-live']")
        before = page.input_value("#date")
        self.to(page, "#date")
        page.keyboard.press("ArrowUp")
        self.assertNotEqual(page.input_value("#date"), before)
        self.press(visitor, "main form[action$='/go-live'] button")
        self.press(visitor, "form[action$='/apply'] .button-main")
        self.assertIn("done=dated", page.url)
        self.press(visitor, ".toast form button")
        self.press(visitor, ".actions a[href$='/go-live']")
        self.assertEqual(page.input_value("#date"), before)
        self.assertEqual(visitor.said, [])
        # A play is chosen, looked at and launched.
        manager = self.visitor("success-manager").sign_in()
        page = manager.page
        manager.open(f"/cases/{case['number']}")
        self.press(manager, "form[action='/plays'] button")
        entry = page.locator("main a[href*='/plays/entries/']:has-text('Service Bridge')").get_attribute("href")
        self.press(manager, f"a[href='{entry}']")
        self.press(manager, "button[value=preview]")
        self.press(manager, "button[value=launch]")
        self.assertIn("/plays/runs/", page.url)
        self.assertEqual(manager.said, [])

    def test_the_portal_with_the_keyboard_alone(self):
        visitor = self.visitor("customer-administrator", width=390).sign_in()
        page, running = visitor.page, self.running()
        # What leads past the menus comes first.
        page.keyboard.press("Tab")
        self.assertTrue(page.evaluate("document.activeElement.matches('.skip')"))
        page.keyboard.press("Enter")
        self.press(visitor, f"a[href='/portal/cases/{running.case['id']}']")
        self.to(page, "#comment")
        page.keyboard.type("Said with keys alone.")
        self.press(visitor, "#say button")
        self.assertIn("Said with keys alone.", page.content())
        self.press(visitor, f"a[href='/portal/tasks/{running.task['id']}']")
        self.to(page, "#comment")
        page.keyboard.type("Ours are three.")
        self.press(visitor, "#say button")
        self.assertIn("Ours are three.", page.content())
        self.press(visitor, ".trail a")
        self.press(visitor, f"a[href='/portal/imports/{running.task_of_import['id']}']")
        self.to(page, "input[type=file]")
        # The menu opens, is left with Escape, and gives the focus back.
        self.press_menu(page)
        self.assertEqual(visitor.said, [])

    def press_menu(self, page):
        page.locator("body").focus()
        self.to(page, "details.menu > summary")
        page.keyboard.press("Enter")
        self.assertTrue(page.locator("details.menu[open]").count())
        page.keyboard.press("Escape")
        self.assertFalse(page.locator("details.menu[open]").count())
        self.assertTrue(page.evaluate("document.activeElement.matches('details.menu > summary')"))
