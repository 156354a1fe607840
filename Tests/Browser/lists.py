"""Lists and forms as tools: narrowed, kept, exported, changed, with keys alone, by two people, and taken back."""
import pathlib
import urllib.parse


class Lists:
    """Of a test case that knows visitors and what is running."""

    def test_a_list_is_a_tool(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        visitor.open("/lists/lifecycle_task?active=true")
        page.locator("summary", has_text="State").first.click()
        page.locator("details[open] input[value=open]").check()
        visitor.going(lambda: page.click("details[open] button"))
        self.assertIn("State is Open", page.locator("main").inner_text())
        visitor.going(lambda: page.click("th a:has-text('Number')"))
        self.assertEqual(page.locator("th[aria-sort]").inner_text(), "Number")
        page.locator("summary", has_text="Save this view").click()
        page.fill("#view-name", "Open ones")
        visitor.going(lambda: page.click("details[open] button"))
        for language in ("ko", "en"):
            visitor.language(language)
            visitor.open("/lists/lifecycle_task")
            visitor.going(lambda: page.click("a.chip:has-text('Open ones')"))
            visitor.look("list")
        page.locator("summary", has_text="Export").click()
        with page.expect_download() as download:
            page.click("a:has-text('CSV')")
        self.assertIn(self.running().task["number"], pathlib.Path(download.value.path()).read_text())
        page.locator(f"tr:has-text('{self.running().task['number']}') input[name=record]").check()
        page.select_option("select[name=set]", "priority=2")
        visitor.going(lambda: page.click("button[value=set]"))
        self.assertIn("High", page.locator(f"tr:has-text('{self.running().task['number']}')").inner_text())
        visitor.look("list-changed")
        visitor.going(lambda: page.click(".toast form button"))
        self.assertNotIn("High", page.locator(f"tr:has-text('{self.running().task['number']}')").inner_text())
        self.changed_in_part(visitor)
        visitor.open("/lists/lifecycle_task?filter=state+%3D%3D&language=ko")
        visitor.look("list-refused")
        self.assertEqual(page.input_value("#typed"), "(state ==)")
        visitor.open("/lists/lifecycle_task")
        visitor.going(lambda: page.click("form[action*='/views/'] button"))
        self.assertEqual(page.locator("a.chip:has-text('Open ones')").count(), 0)
        self.any_list_by_any_field(visitor)

    def any_list_by_any_field(self, visitor):
        """A list that nobody has made: narrowed by a field without a menu, set in another one, taken back, and saved as a file."""
        page = visitor.page
        visitor.language("en")
        visitor.open("/lists/customer_contact")
        page.locator("summary", has_text="More filters").click()
        page.select_option("#more-by", "email")
        visitor.going(lambda: page.click("details[open] button"))
        page.fill("#narrow-email", "@")
        visitor.going(lambda: page.click("details[open] button"))
        self.assertIn("Email address contains @", page.locator("main").inner_text())
        page.locator("input[name=record]").first.check()
        page.select_option("select[name=set]", "title")
        visitor.going(lambda: page.click("button[value=set]"))
        page.fill("#title", "Network planner")
        visitor.look("list-edit")
        visitor.going(lambda: page.click("button[value=write]"))
        page.locator("summary", has_text="Export").click()
        with page.expect_download() as download:
            page.click("a:has-text('CSV')")
        self.assertIn("@", pathlib.Path(download.value.path()).read_text())
        visitor.going(lambda: page.click(".toast form button"))
        self.assertIn("done=restored", page.url)

    def changed_in_part(self, visitor):
        """Of two chosen rows somebody has changed one meanwhile: it says why it stays, the other is changed. Then both are given to somebody."""
        stack, page = self.running(), visitor.page
        tasks = [stack.ask("onboarding.lifecycle_tasks.create", "agent", lifecycleTask={
            "parent": stack.case["id"], "shortDescription": f"One of two: {name}"}) for name in ("kept", "changed")]
        both = urllib.parse.quote('short_description : "One of two"')
        visitor.open(f"/lists/lifecycle_task?filter={both}")
        for box in page.locator("input[name=record]").all():
            box.check()
        stack.ask("onboarding.lifecycle_tasks.update", "agent", lifecycleTask={"id": tasks[0]["id"], "description": "Said meanwhile."},
                  updateMask="description")
        page.select_option("select[name=set]", "priority=2")
        visitor.going(lambda: page.click("button[value=set]"))
        self.assertEqual(page.locator(".note-warn li").count(), 1)
        self.assertIn("One of two: kept: ", page.locator(".note-warn li").inner_text())
        self.assertIn("High", page.locator(f"tr:has-text('{tasks[1]['number']}')").inner_text())
        self.assertNotIn("High", page.locator(f"tr:has-text('{tasks[0]['number']}')").inner_text())
        visitor.look("list-changed-in-part")
        for box in page.locator("input[name=record]").all():
            box.check()
        page.fill("#assigned_to", "Olivia")
        page.locator("#assigned_to-list [role=option]").first.click()
        visitor.going(lambda: page.click("button[value=assign]"))
        self.assertIn("done=changed", page.url, page.locator("main").inner_text())
        self.assertEqual(page.locator("tr:has-text('Olivia Onboarding')").count(), 2)

    def test_lists_and_tasks_with_the_keyboard_alone(self):
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        for key in ("g", "t"):
            page.keyboard.press(key)
        page.wait_for_url("**/lists/lifecycle_task*")
        # A menu narrows it.
        self.to(page, ".tools details.menu > summary")
        page.keyboard.press("Enter")
        visitor.look("list-menu")
        self.to(page, "details[open] input[type=checkbox]")
        page.keyboard.press("Space")
        self.press(visitor, "details[open] button")
        self.assertTrue(page.locator("nav.chips .chip[aria-current]").count())
        page.keyboard.press("g")
        visitor.going(lambda: page.keyboard.press("t"))
        for key in ("j", "x"):
            page.keyboard.press(key)
        self.assertEqual(page.locator("[data-chosen-text]").inner_text(), "1 chosen")
        page.keyboard.press("Enter")
        page.wait_for_url("**/tasks/*")
        page.keyboard.press("e")
        page.keyboard.press("End")
        page.keyboard.type(" now")
        visitor.going(lambda: page.keyboard.press("Enter"))
        self.assertIn("done=saved", page.url)
        self.assertIn(" now", page.locator("h1").inner_text())
        # What was saved is taken back.
        title = page.locator("h1").inner_text()
        visitor.going(lambda: page.click(".toast form button"))
        self.assertEqual(page.locator("h1").inner_text() + " now", title)

    def test_two_people_save_the_same_field(self):
        first, second = self.visitor("agent").sign_in(), self.visitor("administrator", language="ko").sign_in()
        for visitor in (first, second):
            visitor.open(f"/tasks/{self.running().task['number']}")
        first.page.fill("#description", "First words.")
        first.going(lambda: first.page.click("#edit button"))
        second.page.fill("#description", "Second words.")
        second.going(lambda: second.page.click("#edit button"))
        self.assertIn("First words.", second.page.locator(".conflict").inner_text())
        self.assertEqual(second.page.input_value("#description"), "Second words.")
        second.look("task-conflict")
        second.going(lambda: second.page.click("#edit button.button-main"))
        self.assertIn("Second words.", second.page.content())

    def test_a_move_is_taken_back(self):
        visitor = self.visitor("agent", has_script=False).sign_in()
        page = visitor.page
        visitor.open(f"/tasks/{self.running().task['number']}")
        before = page.locator("header .badge").first.inner_text()
        visitor.going(lambda: page.click("form[action$='/move'] button[value=in_progress]"))
        visitor.going(lambda: page.click(".toast form button"))
        self.assertEqual(page.locator("header .badge").first.inner_text(), before)
