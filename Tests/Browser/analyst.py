"""A data analyst sets up a new kind of import with its check; an editor writes an article; and pages that look after the system."""
import base64

SCRIPT = """function executeCondition(stagingTableGr) {
    var named = stagingTableGr.u_name != 'Nowhere';
    return { validationPassed: named, message: named ? '' : 'No site is called so.' };
}"""
SITES = "Name,Account,City,Country\nDepot Linz,Ernst Handel,Linz,Austria\nNowhere,Ernst Handel,Linz,Austria\n"


class Analyst:
    """Of a test case that knows visitors and what is running."""

    def template(self):
        """The workbook of the product, as one that an analyst has."""
        stack = self.running()
        file = stack.ask("import-validation.import_tasks.download_template", "agent", id=stack.task_of_import["id"])
        return {"name": "depots.xlsx", "mimeType": "application/vnd.ms-excel", "buffer": base64.b64decode(file["content"])}

    def test_an_analyst_sets_up_an_import(self):
        visitor = self.visitor("administrator").sign_in()
        page = visitor.page
        visitor.open("/administration")
        visitor.going(lambda: page.click("a[href='/administration/builders/new']"))
        page.fill("#name", "Depots of the ERP")
        page.select_option("#target_table", "location")
        visitor.look("builder-new")
        page.fill("#name", "Depots of the ERP")
        page.select_option("#target_table", "location")
        visitor.going(lambda: page.click("#step button.button-main"))
        address = page.url.split("?")[0]
        # The template: what is no workbook is said on the step.
        page.set_input_files("#file", {"name": "depots.xlsx", "mimeType": "text/plain", "buffer": b"no workbook"})
        visitor.going(lambda: page.click("form[enctype] button"))
        self.assertTrue(page.locator("[role=alert]").is_visible())
        page.set_input_files("#file", self.template())
        visitor.going(lambda: page.click("form[enctype] button"))
        visitor.open(f"{address}?step=columns")
        visitor.looks("builder-template")
        visitor.going(lambda: page.click("#step button.button-main"))
        visitor.going(lambda: page.click("#step button.button-main"))
        # A constant in the place of a column.
        page.locator("details", has=page.locator("[name=kind-country]")).locator("summary").click()
        page.select_option("[name=kind-country]", "value_map")
        page.fill("[name=values-country]", "Austria = Austria")
        visitor.look("builder-map")
        visitor.going(lambda: page.click("#step button.button-main"))
        self.checked(visitor)
        visitor.open(f"{address}?step=checks")
        self.assertIn("Named sites", page.content())
        visitor.going(lambda: page.click("#step button.button-main"))
        visitor.look("builder-views")
        visitor.going(lambda: page.click("#step button.button-main"))
        page.set_input_files("#try-file", {"name": "june.csv", "mimeType": "text/csv", "buffer": SITES.encode()})
        visitor.going(lambda: page.click("#trial button"))
        self.assertEqual(page.locator("#trial td .badge[data-value=ready_to_publish]").count(), 1)
        self.assertIn("No site is called so.", page.locator("#trial").inner_text())
        visitor.look("builder-tried")
        visitor.going(lambda: page.click("#step button.button-main"))
        self.assertIn("done=saved", page.url)
        visitor.looks("builder-made")
        self.assertFalse(page.locator("#step").count())
        with page.expect_download() as download:
            page.click("a[href$='/template']")
        self.assertEqual(download.value.suggested_filename, "depots.xlsx")

    def checked(self, visitor):
        """A check whose script is wrong at first, is tried on a row, kept as a draft and activated."""
        page = visitor.page
        visitor.going(lambda: page.click("a[href*='validation_type=record']"))
        address = page.url
        page.fill("#name", "Named sites")
        page.fill("#script", SCRIPT.replace("named ?", "name ?"))
        page.fill("#cell-name", "Nowhere")
        visitor.going(lambda: page.locator("button[value=run]").first.click())
        self.assertTrue(page.locator("#result .badge[data-value=failed]").is_visible())
        self.assertTrue(page.locator("#line-3.marked").count())
        visitor.look("check-failed")
        page.fill("#script", SCRIPT)
        visitor.going(lambda: page.locator("button[value=run]").first.click())
        self.assertTrue(page.locator("#result .badge[data-value=needs_attention]").is_visible())
        self.assertEqual(page.input_value("#cell-name"), "Nowhere")
        visitor.going(lambda: page.click("button[value=draft]"))
        self.assertNotEqual(page.url, address)
        self.assertTrue(page.locator(".title-bar .badge[data-value=paused]").is_visible())
        visitor.going(lambda: page.click("button[value=activate]"))
        self.assertFalse(page.locator(".title-bar .badge[data-value=paused]").count())
        visitor.looks("check")
        visitor.open("/administration/checks")
        visitor.look("checks")

    def test_an_article_is_written_published_and_looked_back_at(self):
        visitor = self.visitor("administrator", has_script=False).sign_in()
        page = visitor.page
        visitor.open("/administration/articles/new")
        page.fill("#key", "branches_first")
        page.fill("#title", "Branches first")
        page.fill("#body", "# Why\n\nThey are asked for most.")
        page.fill("#body_ko", "가장 많이 요청됩니다.")
        visitor.going(lambda: page.click("button[value=look]"))
        self.assertEqual(page.locator("#preview h4").first.inner_text(), "Why")
        visitor.going(lambda: page.click("button[value=publish]"))
        self.assertIn("done=article-published", page.url)
        address = page.url.split("?")[0]
        page.fill("#body", "They are asked for most, and soon.")
        visitor.going(lambda: page.click("button[value=save]"))
        page.locator("details", has=page.locator("#rule")).locator("summary").click()
        page.select_option("#table", "lifecycle_task")
        visitor.going(lambda: page.click("#rule button"))
        self.assertIn("done=saved", page.url)
        visitor.open(address)
        self.assertEqual(page.locator("form[action*='/rules/']").count(), 1)
        visitor.going(lambda: page.click("a[href$='/versions/1']"))
        self.assertIn("They are asked for most.", page.content())
        visitor.going(lambda: page.click("form[action$='/restore'] button"))
        self.assertIn("# Why", page.input_value("#body"))
        visitor.going(lambda: page.click("button[value=withdraw]"))
        self.assertIn("done=withdrawn", page.url)

    def defined(self, visitor):
        """What an administrator defines by hand: a choice, an entry of the launcher under it, a domain."""
        page = visitor.page
        visitor.open("/administration/choices")
        page.fill("#name-new", "Branches")
        page.fill("#name_ko-new", "지점")
        visitor.going(lambda: page.click("#new button"))
        self.assertIn("done=created", page.url, page.locator("main").inner_text())
        visitor.open("/records/definition_record/new")
        page.fill("#flow", "responsible")
        page.locator("#flow-list [role=option]").first.click()
        page.fill("#category", "branches")
        page.fill("#title", "Review of branches")
        visitor.going(lambda: page.click("#edit button.button-main"))
        self.assertIn("done=created", page.url, page.locator("main").inner_text())
        self.assertIn("Review of branches", page.locator("h1").inner_text())
        visitor.open("/administration/domains")
        page.fill("#new_name", "branches")
        visitor.going(lambda: page.click("#new button"))
        self.assertIn("branches", page.locator("main").inner_text())
        self.assertIn("done=", page.url, page.locator("main").inner_text())

    def asked(self, visitor):
        """A decision tree by somebody who has never seen JSON: what leads nowhere is said where it is chosen."""
        page, steps = visitor.page, "decision_tree-steps"
        visitor.open("/administration/actions/onboarding/new?kind=decision_tree")
        texts = {
            "key": "which_branches", "label-en": "Which branches", "label-ko": "지점 선택", f"{steps}-0-text-en": "Are there branches?",
            f"{steps}-0-text-ko": "지점이 있습니까?", f"{steps}-1-text-en": "List them.", f"{steps}-1-text-ko": "목록을 작성하세요."}
        for field, text in texts.items():
            page.fill(f"#{field}", text)
        visitor.going(lambda: page.click(f"button[value='add:{steps}']"))
        page.fill(f"#{steps}-2-text-en", "Go on.")
        page.fill(f"#{steps}-2-text-ko", "계속하세요.")
        page.check(f"#{steps}-2-is_end")
        visitor.going(lambda: page.click(f"button[value='add:{steps}-0-answers']"))
        self.assertTrue(page.url.endswith(f"#{steps}-0-answers-1"))
        page.fill(f"#{steps}-0-answers-1-label-en", "No")
        page.fill(f"#{steps}-0-answers-1-label-ko", "아니요")
        visitor.going(lambda: page.click("button[value=check]"))
        self.assertEqual(page.locator(f"#{steps}-0-answers-1-next").get_attribute("aria-invalid"), "true")
        visitor.look("action-tree")
        page.select_option(f"#{steps}-0-answers-1-next", index=3)
        visitor.going(lambda: page.click(f"button[value='up:{steps}-0-answers-1']"))
        self.assertEqual(page.input_value(f"#{steps}-0-answers-0-label-en"), "No")
        # The Enter key saves, as in any form.
        visitor.going(lambda: page.press("#label-en", "Enter"))
        self.assertIn("done=saved", page.url, page.locator("main").inner_text())

    def test_the_system_is_looked_after(self):
        visitor = self.visitor("administrator").sign_in()
        page, stack = visitor.page, self.running()
        user = stack.one("onboarding.users.list", "administrator", filter=f'email = "{stack.person("success-manager")}"')["id"]
        article = stack.one("onboarding.knowledge_articles.list", "administrator", filter='key = "consumer_guide"')["id"]
        for path, picture in (
                ("/administration/health", "health"), ("/administration/choices", "choices"),
                (f"/administration/users/{user}", "user"), (f"/administration/articles/{article}", "article-edit"),
                (f"/administration/articles/{article}/versions/1", "article-version")):
            with self.subTest(path=path):
                self.assertEqual(visitor.open(path).status, 200)
                visitor.looks(picture)
        # A role is granted and taken back, and a job that was run says so.
        visitor.open(f"/administration/users/{user}")
        page.select_option("#role", "sn_acct_lc.touchpoint_read")
        visitor.going(lambda: page.click("#grant button"))
        visitor.going(lambda: page.click(".toast form button"))
        self.assertFalse(page.locator("b", has_text="sn_acct_lc.touchpoint_read").count())
        visitor.open("/administration/health")
        visitor.going(lambda: page.click("button[value='import-validation published-rows']"))
        self.assertIn("done=ran", page.url)
        self.defined(visitor)
        self.asked(visitor)
        # Whoever is none finds nothing.
        other = self.visitor("agent").sign_in()
        for path in ("/administration/health", f"/administration/users/{user}", f"/administration/articles/{article}"):
            self.assertEqual(other.open(path).status, 404, path)
