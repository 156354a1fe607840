"""Whole journeys of everybody, each in English and in Korean: what is clicked is found by what it does, never by its words."""
LANGUAGES = ("en", "ko")
# Two branches, and one of a customer that nobody knows.
BRANCHES = """Name,Account,Street,City,Postal code,Country,Time zone
Branch Graz {n},Ernst Handel,Herrengasse 1,Graz,8010,Austria,Europe/Vienna
부산 지점 {n},Ernst Handel,중앙대로 1001,부산,47545,대한민국,Asia/Seoul
Branch Nowhere {n},Ernst Hendel,Nowhere 1,Linz,4020,Austria,Europe/Vienna
"""


class Everybody:
    """Of a test case that knows visitors and what is running."""

    def each(self, name, **options):
        """Somebody signed in, once in each language."""
        for language in LANGUAGES:
            visitor = self.visitor(name, language=language, **options).sign_in()
            self.assertEqual(visitor.page.locator("html").get_attribute("lang"), language)
            yield visitor
            self.assertEqual(visitor.said, [])
            visitor.leave()

    def import_of(self, title):
        stack = self.running()
        shared = {key: stack.task_of_import[key] for key in (
            "parent", "contact", "assignedTo", "account", "sourceTable", "targetTable", "dataSource")}
        return stack.ask("import-validation.import_tasks.create", "agent", importTask={
            **shared, "shortDescription": title, "visibleToCustomer": True})

    def test_an_agent_works_a_case_with_the_keyboard_alone(self):
        for visitor in self.each("agent"):
            page, said = visitor.page, f"Branches come on Friday ({visitor.language_of})."
            self.find(visitor, self.running().case["number"], "/cases/", picture="search")
            visitor.look("case")
            # The list of keys, the menu and a folded part are looked at as they open.
            page.keyboard.press("?")
            self.assertTrue(page.locator("dialog[open]").is_visible())
            visitor.look("case-keys")
            page.keyboard.press("Escape")
            self.to(page, "[role=tab][aria-selected=true]")
            page.keyboard.press("ArrowRight")
            page.keyboard.press("c")
            page.keyboard.type(said)
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_url("**done=*")
            self.assertIn(said, page.content())
            page.keyboard.press("g")
            page.keyboard.press("h")
            page.wait_for_url("**/onboarding")

    def test_an_import_from_file_to_publication_and_back(self):
        for visitor in self.each("agent"):
            page, language = visitor.page, visitor.language_of
            address = f"/imports/{self.import_of(f'Import branches ({language})')['id']}"
            visitor.open(f"{address}?step=upload")
            visitor.look("import-upload")
            text = BRANCHES.replace("{n}", language)
            page.set_input_files("#file", {"name": "branches.csv", "mimeType": "text/csv", "buffer": text.encode()})
            page.wait_for_selector("input[name=upload]")
            page.check("input[name=upload]")
            visitor.going(lambda: page.click("button[value=match]"))
            visitor.look("import-match")
            # What was found of the file stands beside what it goes to; what is chosen by hand stays when it is looked at again.
            self.assertIn({"en": "row 1", "ko": "1행"}[language], page.locator("#match").inner_text())
            self.assertIn(f"Branch Graz {language}", page.locator("#match").inner_text())
            page.locator("select[name=field-C]").select_option("-")
            visitor.going(lambda: page.click("#match button[value=look]"))
            self.assertEqual(page.locator("select[name=field-C]").input_value(), "-")
            page.locator("select[name=field-C]").select_option("street")
            visitor.going(lambda: page.click("#match button[value=load]"))
            self.until(visitor, f"{address}?step=fix", "tr[data-row] td[data-field=account]")
            visitor.look("import-fix")
            # The reason narrows the rows; the cell that it is about says it.
            visitor.going(lambda: page.locator(".chip-wide").first.click())
            self.assertEqual(page.locator("tr[data-row]").count(), 1)
            self.assertTrue(page.locator("td.bad[data-field=account]").count())
            # The customer that nobody knows is corrected where it stands, taken back, and corrected again.
            for last in (False, True):
                cell = page.locator("tr[data-row] td[data-field=account]").first
                cell.click()
                page.keyboard.press("Control+a")
                page.keyboard.type("Ernst Handel")
                page.keyboard.press("Enter")
                page.wait_for_selector("td[data-field=account]:has-text('Ernst Handel')")
                if not last:
                    visitor.going(lambda: page.click(".toast form button"))
                    self.assertIn("done=restored", page.url)
                    visitor.open(f"{address}?step=fix&status=yet_to_validate")
                    self.assertTrue(page.locator("td[data-field=account]:has-text('Ernst Hendel')").count())
            visitor.open(f"{address}?step=fix")
            visitor.going(lambda: page.click("form[action$='/validate'] button"))
            self.running().eventually(lambda: self.rows_that({"id": address.split("/")[-1]}, "readyToPublish") == 3)
            self.until(visitor, f"{address}?step=plan", "form[action$='/plan'] button")
            visitor.going(lambda: page.click("form[action$='/plan'] button"))
            self.until(visitor, f"{address}?step=plan", "form[action$='/publish'] button")
            visitor.look("import-plan")
            visitor.going(lambda: page.click("form[action$='/publish'] button"))
            self.until(visitor, f"{address}?step=publish", "form[action$='/undo'] button")
            visitor.look("import-publish")
            # One row is taken back, then the others; any cell says where it comes from.
            visitor.going(lambda: page.click("a[href*='run=']"))
            page.locator("input[name=record]").first.check()
            visitor.look("import-published-rows")
            lineage = page.locator("a[href*='lineage']").first.get_attribute("href")
            visitor.going(lambda: page.click("button[value=chosen]"))
            visitor.open(lineage)
            self.assertIn("branches.csv", page.content())
            visitor.look("lineage")
            self.until(visitor, f"{address}?step=publish", "form[action$='/undo'] button")
            visitor.going(lambda: page.click("form[action$='/undo'] button"))

    def test_an_agent_begins_a_case(self):
        for visitor in self.each("agent"):
            page = visitor.page
            visitor.going(lambda: page.click("a[href='/cases/new']"))
            page.fill("#account", "Ernst")
            page.locator("[role=option]:has-text('Ernst Handel')").click()
            page.fill("#short_description", f"Third phase ({visitor.language_of})")
            page.select_option("#type", "phased")
            page.select_option("#service_bridge_integration", "not_required")
            page.fill("#go_live_date", "2030-03-01")
            self.assertIn({"en": "1 Mar 2030", "ko": "2030년 3월 1일"}[visitor.language_of], page.locator("main").inner_text())
            visitor.look("case-new")
            visitor.going(lambda: page.click("form#new button.button-main"))
            self.assertIn("/cases/ALEONB", page.url)
            self.assertIn(f"Third phase ({visitor.language_of})", page.locator("h1").inner_text())
            # Its playbook has begun with it.
            self.until(visitor, page.url.split("?")[0], ".activity form[id^=form-]")

    def test_a_customer_on_a_phone_follows_answers_and_sends_a_file(self):
        running = self.running()
        for visitor in self.each("customer-administrator", width=390, scheme="dark"):
            page, said = visitor.page, f"Our list is on its way ({visitor.language_of})."
            visitor.look("portal")
            visitor.going(lambda: page.click("main a[href$='/holidays']"))
            visitor.look("holidays")
            self.assertEqual(page.locator("main form").count(), 0)
            visitor.open("/portal")
            visitor.going(lambda: page.click(f"main a[href='/portal/cases/{running.case['id']}']"))
            visitor.look("portal-case")
            page.fill("#comment", said)
            visitor.going(lambda: page.click("#say button"))
            self.assertIn(said, page.content())
            visitor.open(f"/portal/tasks/{running.task['id']}")
            visitor.look("portal-task")
            visitor.going(lambda: page.click("form[action$='/move'] button[value=in_progress]"))
            visitor.going(lambda: page.click(".toast form button"))
            self.assertIn("done=restored", page.url)
            page.set_input_files("#file", {"name": f"map.{visitor.language_of}.txt", "mimeType": "text/plain", "buffer": b"Here."})
            page.wait_for_selector(f"a[href*='/files/']:has-text('map.{visitor.language_of}.txt')")
            visitor.open(f"/portal/imports/{running.task_of_import['id']}")
            visitor.look("portal-import")
            agent = self.visitor("agent").sign_in()
            agent.open(f"/cases/{running.case['number']}")
            self.assertIn(said, agent.page.content())

    def test_a_success_manager_chooses_looks_at_launches_and_follows_a_play(self):
        for visitor in self.each("success-manager"):
            page = visitor.page
            visitor.open(f"/plays?source=onboarding_case:{self.running().case['id']}")
            visitor.look("plays")
            visitor.going(lambda: page.click("main a[href*='/plays/entries/']:has-text('Service Bridge')"))
            visitor.look("play")
            visitor.going(lambda: page.click("button[value=preview]"))
            visitor.look("play-preview")
            visitor.going(lambda: page.click("button[value=launch]"))
            # That the run has ended is announced, where it was not yet over when the page was drawn.
            page.wait_for_selector("[data-news]:not([hidden]), .badge[data-value=completed]", timeout=60_000)
            if page.locator("[data-news]:not([hidden])").count():
                visitor.going(lambda: page.click("[data-news]"))
            page.wait_for_selector(".badge[data-value=completed]")
            visitor.look("play-run")
            self.assertGreater(page.locator("ol > li > details").count(), 1)

    def test_an_administrator_reads_a_playbook_and_finds_somebody(self):
        for visitor in self.each("administrator"):
            page = visitor.page
            visitor.going(lambda: page.click("nav a[href='/playbooks']"))
            visitor.look("playbooks")
            shipped = {"en": "Account lifecycle onboarding process", "ko": "계정 수명주기 온보딩 프로세스"}[visitor.language_of]
            visitor.going(lambda: page.click(f"main a[href^='/playbooks/']:text-is('{shipped}')"))
            visitor.look("playbook")
            visitor.going(lambda: page.click("form[action$='/migrations'] button"))
            self.assertIn("/migrations/", page.url)
            visitor.look("migration")
            visitor.going(lambda: page.click("nav a[href='/people']"))
            visitor.open("/people?text=agent")
            visitor.look("people")
            self.assertIn(self.running().person("agent"), page.locator("main").inner_text())

    def test_people_of_the_customer_do_their_part(self):
        running = self.running()
        for visitor in self.each("customer-developer", width=390):
            page = visitor.page
            visitor.open("/portal/service-bridge")
            visitor.look("portal-service-bridge")
            # An address that is none is refused, at its field.
            page.fill("#instance_url", "nowhere")
            page.evaluate("document.querySelector('#register').noValidate = true")
            visitor.going(lambda: page.click("form#register button.button-main"))
            self.assertEqual(page.locator("#instance_url").get_attribute("aria-invalid"), "true")
        expert = running.one("onboarding.customer_contacts.list", "agent", filter='email : "customer-expert"')["id"]
        task = running.ask("onboarding.lifecycle_tasks.create", "agent", lifecycleTask={
            "parent": running.case["id"], "contact": expert, "visibleToCustomer": True, "shortDescription": "Count your branches"})
        for visitor in self.each("customer-expert", width=390):
            page, said = visitor.page, f"Ours are three ({visitor.language_of})."
            visitor.going(lambda: page.click(f"main a[href='/portal/tasks/{task['id']}']"))
            page.fill("#comment", said)
            visitor.going(lambda: page.click("#say button"))
            self.assertIn(said, page.content())
            visitor.look("portal-task-of-expert")
            move = "in_progress" if visitor.language_of == "en" else "closed"
            visitor.going(lambda: page.click(f"form[action$='/move'] button[value={move}]"))
            self.assertIn("done=moved", page.url)

    def test_a_play_administrator_looks_at_what_can_be_launched(self):
        engagement = self.running().one("customer-success.engagements.list", "success-manager")["id"]
        for visitor in self.each("play-administrator"):
            page = visitor.page
            visitor.open(f"/plays?source=engagement:{engagement}")
            visitor.look("plays-engagement")
            visitor.going(lambda: page.click("main a[href^='/plays/blueprints']"))
            visitor.look("plays-blueprints")
