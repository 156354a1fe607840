"""Who designs how others work: a playbook from its name to the cases that are brought to it, a trigger, a flow."""
import json


class Designing:
    """Of a test case that knows visitors and what is running."""

    def add(self, visitor, level, english, korean, kind=None):
        """Adds a stage, an activity or a field to what is chosen."""
        page = visitor.page
        if not page.locator(f"#add-{level}-en").is_visible():
            page.locator("details.panel > summary", has=page.locator(f"xpath=../form//input[@id='add-{level}-en']")).click()
        page.fill(f"#add-{level}-en", english)
        page.fill(f"#add-{level}-ko", korean)
        if kind:
            page.select_option(f"#add-{level}-kind", kind)
        visitor.going(lambda: page.locator(f"form:has(#add-{level}-en) button").click())

    def order(self, page):
        return page.locator("[data-place^='activity:']").evaluate_all("all => all.map(each => each.dataset.place)")

    def test_a_playbook_is_designed_tried_activated_and_cases_are_brought_to_it(self):
        stack = self.running()
        visitor = self.visitor("administrator").sign_in()
        page = visitor.page
        visitor.open("/playbooks")
        visitor.going(lambda: page.click("a[href='/playbooks/new']"))
        visitor.look("playbook-new")
        page.fill("#label_en", "Branch visits")
        page.fill("#label_ko", "지점 방문")
        visitor.going(lambda: page.click("#new button[value=create]"))
        draft = page.url.split("?")[0]
        # What keeps it from working leads to its place.
        visitor.going(lambda: page.click("a[href*='check=true']"))
        self.assertTrue(page.locator(".note-bad li a").count())
        self.add(visitor, "lane", "On the way", "이동")
        self.add(visitor, "activity", "Visit the branch", "지점 방문", "related_work")
        page.select_option("#build_field", "priority")
        page.select_option("#build_is", "<=")
        page.fill("#build_value", "4")
        visitor.going(lambda: page.click("button[value=build]"))
        self.assertEqual(page.input_value("#start_condition"), "priority <= 4")
        page.fill("#due_days", "5")
        page.check("#due_working_days")
        visitor.going(lambda: page.click("form[data-edit] button[value=save]"))
        self.assertIn("done=saved", page.url)
        self.assertFalse(page.locator(".note-bad").count(), page.locator("main").inner_text())
        visitor.looks("designer")
        # A copy is moved by keys, by dragging, and back.
        visitor.going(lambda: page.click("button[value=copy]"))
        first, second = "activity:visit_the_branch", "activity:visit_the_branch_2"
        self.assertEqual(self.order(page), [first, second])
        page.focus("#chosen")
        visitor.going(lambda: page.keyboard.press("Alt+ArrowUp"))
        self.assertEqual(self.order(page), [second, first])
        self.assertTrue(page.evaluate("document.activeElement.id === 'chosen'"))
        visitor.going(lambda: page.drag_and_drop(f"[data-place='{second}'] a", f"[data-place='{first}'] a"))
        self.assertEqual(self.order(page), [first, second])
        visitor.going(lambda: page.click(".toast form button"))
        self.assertEqual(self.order(page), [second, first])
        visitor.open(f"{draft}?at={first}")
        self.add(visitor, "input", "Who was there", "참석자")
        page.select_option("#type", "text")
        visitor.going(lambda: page.click("form[data-edit] button[value=save]"))
        visitor.look("designer-field")
        # It is tried on a case, and activated.
        visitor.going(lambda: page.click(".actions a[href$='/try']"))
        page.fill("#record", stack.case["number"])
        page.locator("#record-list [role=option]").first.click()
        visitor.going(lambda: page.click("main form button.button-main"))
        self.assertIn("Visit the branch", page.locator("tbody").inner_text())
        visitor.looks("playbook-try")
        root = draft.removesuffix("/draft")
        visitor.open(root)
        visitor.going(lambda: page.click("form[action$='/activate'] button"))
        self.assertIn("done=activated", page.url)
        # A case that goes by it is brought to the next version.
        case = stack.ask("onboarding.onboarding_cases.create", "agent", onboardingCase={
            key: stack.case[key] for key in ("account", "contact", "assignedTo", "goLiveDate", "type", "serviceBridgeIntegration")} | {"shortDescription": "A phase of visits"})
        stack.ask("onboarding.playbook_runs.start", "agent", definition=root.split("/")[-1], table="onboarding_case", record=case["id"])
        visitor.open(f"{draft}?at={second}")
        visitor.going(lambda: page.click("button[value=remove]"))
        visitor.going(lambda: page.click(".actions a[href$='#changes']"))
        self.assertIn("1", page.locator("#changes ~ *, .panel-head").all_inner_texts()[-1] + page.locator("main").inner_text())
        visitor.look("playbook-changes")
        visitor.going(lambda: page.click("form[action$='/activate'] button"))
        visitor.going(lambda: page.click("form[action$='/migrations'] button"))
        self.assertIn(case["number"], page.locator("main").inner_text())
        page.check("input[name=record]")
        visitor.going(lambda: page.click("button[value=apply]"))
        self.until(visitor, page.url, ".badge[data-value=applied]")

    def test_a_playbook_is_designed_without_script(self):
        visitor = self.visitor("administrator", width=390, has_script=False).sign_in()
        page = visitor.page
        visitor.open("/success-playbooks/new")
        page.fill("#label_en", "Quiet accounts")
        page.fill("#label_ko", "조용한 계정")
        page.select_option("#table", "touchpoint")
        visitor.going(lambda: page.click("#new button[value=create]"))
        for name in ("First", "Second"):
            self.add(visitor, "lane", name, f"{name} 단계")
            visitor.open(page.url.split("?")[0])
        places = page.locator("[data-place^='lane:']").evaluate_all("all => all.map(each => each.dataset.place)")
        self.assertEqual(places, ["lane:first", "lane:second"])
        visitor.going(lambda: page.click("[data-place='lane:second'] a"))
        visitor.going(lambda: page.click("button[value=up]"))
        places = page.locator("[data-place^='lane:']").evaluate_all("all => all.map(each => each.dataset.place)")
        self.assertEqual(places, ["lane:second", "lane:first"])
        page.fill("#label_en", "Second of all")
        visitor.going(lambda: page.click("form[data-edit] button[value=save]"))
        self.assertEqual(page.input_value("#label_en"), "Second of all")
        visitor.going(lambda: page.click(".toast form button"))
        self.assertIn("done=restored", page.url)
        self.assertNotIn("Second of all", page.locator("main").inner_text())

    def test_a_trigger_and_a_flow_are_made(self):
        stack = self.running()
        visitor = self.visitor("play-administrator").sign_in()
        page = visitor.page
        visitor.open("/lists/play_trigger")
        visitor.going(lambda: page.click("a[href='/administration/triggers/new']"))
        visitor.look("trigger-new")
        page.fill("#title", "Review of floods")
        page.select_option("#source_table", "risk_signal")
        page.fill("#definition_record", "Setup Next")
        page.locator("#definition_record-list [role=option]").first.click()
        page.fill("#acts_as", "Sam")
        page.locator("#acts_as-list [role=option]").first.click()
        # The fields of the table are there to choose from as soon as it is said.
        page.fill("#condition", "")
        visitor.going(lambda: page.click("button[value=build]"))
        page.select_option("#build_field", "short_description")
        page.select_option("#build_is", "=")
        page.fill("#build_value", "Flood")
        visitor.going(lambda: page.click("button[value=build]"))
        self.assertEqual(page.input_value("#condition"), 'short_description = "Flood"')
        visitor.going(lambda: page.click("form#edit button[value=save]"))
        self.assertIn("done=created", page.url, page.locator("main").inner_text())
        address = page.url.split("?")[0]
        for field in page.locator("[id^='answer-'][type=date]").all():
            field.fill("2030-03-15")
        visitor.going(lambda: page.click("button[value=test]"))
        self.assertTrue(page.locator("#sum").count(), page.locator("main").inner_text())
        visitor.going(lambda: page.click("form#edit button[value=save]"))
        visitor.looks("trigger")
        visitor.going(lambda: page.click("button[value=on]"))
        self.assertTrue(page.locator("button[value=off]").count(), page.locator("main").inner_text())
        visitor.look("trigger-on")
        visitor.going(lambda: page.click(".toast form button"))
        self.assertTrue(page.locator("button[value=on]").count())
        visitor.open(f"{address}/back-test")
        visitor.look("back-test")
        # A flow of another: what is wrong is shown where it is wrong.
        flow = stack.one("play-launcher.flow_definitions.list", "play-administrator", filter='name = "responsible-contact"')["id"]
        visitor.open(f"/administration/flows/{flow}")
        visitor.looks("flow")
        visitor.going(lambda: page.click("a[href*='flows/new?example=']"))
        text = page.input_value("#source")
        page.fill("#source", text.replace("title:", "titel:", 1))
        visitor.going(lambda: page.click("button[value=check]"))
        self.assertTrue(page.locator("mark").count(), page.locator("main").inner_text())
        self.assertIn("titel", page.evaluate("(f => f.value.slice(f.selectionStart - 10, f.selectionEnd))(document.activeElement)"))
        visitor.look("flow-wrong")
        page.fill("#source", text)
        visitor.going(lambda: page.click("button[value=check]"))
        self.assertTrue(page.locator(".note-good").count(), page.locator("main").inner_text())
        visitor.going(lambda: page.click("button[value=publish]"))
        self.assertIn("-copy", json.dumps(page.locator("main").inner_text()) + page.locator("pre").text_content())
