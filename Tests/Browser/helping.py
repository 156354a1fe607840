"""Recommended actions as agents meet them: the ten that come with the product, on the pages of tasks and imports."""


class Helping:
    """Of a test case that knows visitors and what is running."""

    def cards(self, page):
        return page.locator("#help h3").all_inner_texts()

    def assign(self, visitor, label):
        """Takes over what a card proposes, and says what it was."""
        button = visitor.page.locator(f"#help form[action$='/assign'] button:has-text('{label}:')").first
        value = button.inner_text().split(": ", 1)[1]
        visitor.going(button.click)
        self.assertIn("done=saved", visitor.page.url)
        return value

    def answer(self, visitor, *answers):
        """Goes through a tree, question by question."""
        for given in answers:
            visitor.going(lambda given=given: visitor.page.click(f"#help button[name=answer]:has-text('{given}')"))

    def two_tasks(self):
        """The two tasks that have recommended actions, of nobody yet, on a case whose team has the contact."""
        stack = self.running()
        mine = f'onboarding_case = "{stack.case["id"]}"'
        if not stack.ask("onboarding.case_team_members.list", "agent", filter=f'{mine} AND side = "customer"').get("caseTeamMembers"):
            responsibility = stack.one(
                "onboarding.responsibility_definitions.list", "administrator", filter='name = "Customer onboarding contact"')["id"]
            stack.ask("onboarding.case_team_members.create", "agent", caseTeamMember={
                "onboardingCase": stack.case["id"], "side": "customer", "contact": stack.case["contact"],
                "responsibility": responsibility})
        tasks = [stack.ask("onboarding.lifecycle_tasks.create", "agent", lifecycleTask={
            "parent": stack.case["id"], "shortDescription": name}) for name in (
                "Install Service Bridge for consumers", "Service Bridge consumer registration and configuration")]
        return [self.of_nobody("onboarding.lifecycle_tasks", "lifecycleTask", task) for task in tasks]

    def of_nobody(self, records, name, task):
        """A task from which its assignee was taken."""
        return self.running().ask(f"{records}.update", "agent", **{name: {"id": task["id"]}, "updateMask": "assignedTo"})

    def test_the_ten_recommended_actions_are_met_where_they_help(self):
        install, register = self.two_tasks()
        visitor = self.visitor("agent").sign_in()
        page = visitor.page
        # RA-01 to RA-04.
        visitor.open(f"/tasks/{install['number']}")
        cards = self.cards(page)
        for title in ("Install Service Bridge", "Troubleshoot a failed Service Bridge setup", "Assigned to"):
            self.assertIn(title, cards)
        # Its article is read where the link stands, and folded away again.
        link = page.locator("#help a[href*='/articles/consumer_guide']").first
        link.click()
        page.wait_for_selector("#help .reading p")
        self.assertEqual(link.get_attribute("aria-expanded"), "true")
        visitor.look("article-in-place")
        link.click()
        self.assertFalse(page.locator("#help .reading").is_visible())
        for language in ("ko", "en"):
            visitor.language(language)
            visitor.look("help")
        assignee = self.assign(visitor, "Assigned to")
        self.assertNotIn("Assigned to", self.cards(page))
        self.assertIn(assignee, page.locator("main").inner_text())
        if "Contact" in self.cards(page):
            self.assertIn(self.assign(visitor, "Contact"), page.locator("main").inner_text())
        # RA-05 to RA-07.
        visitor.open(f"/tasks/{register['number']}")
        for title in ("Register consumer", "Troubleshoot a failed Service Bridge setup", "Assigned to"):
            self.assertIn(title, self.cards(page))
        first = page.locator("#help button[name=answer]").first.inner_text()
        self.answer(visitor, first)
        self.assertIn("given=", page.url)
        visitor.going(lambda: page.click("#help a[href$='/register']"))
        self.assertTrue(page.locator("#instance_url").is_visible())
        # RA-08 to RA-10.
        stack = self.running()
        known = stack.task_of_import
        self.of_nobody("import-validation.import_tasks", "importTask", known)
        visitor.open(f"/imports/{known['id']}?step=upload")
        for title in ("Complete the data import task", "Assigned to", "Troubleshoot a failed data import"):
            self.assertIn(title, self.cards(page))
        self.assertIn(stack.case["number"], page.locator("#related").text_content())
        self.assign(visitor, "Assigned to")
        self.assertNotIn("Assigned to", self.cards(page))
        self.answer(visitor, "Yes", "The file is not accepted")
        self.assertIn("without a password", page.locator("#help").inner_text())
