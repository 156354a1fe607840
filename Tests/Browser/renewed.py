"""The mission in pages: an account from signed to renewed, by people who have never seen a request."""
import datetime

ACCOUNT = "Nordlicht Reisen"
PERSON = "Nils Nord"
GUEST = "nils@nordlicht.example"
PASSWORD = "a long way to Tromsø"
# On the page of an account: its case, and not how another one is begun.
OWN_CASE = "#related a[href^='/cases/']:not([href^='/cases/new'])"
# One site of a country that nobody knows.
SITES = f"""Name,Account,Street,City,Postal code,Country,Time zone
Hurtigkai,{ACCOUNT},Hafen 1,Tromsø,9008,Norway,Europe/Oslo
Nordkap,{ACCOUNT},Kap 71,Nordkapp,9764,Norwegen und so,Europe/Oslo
"""


def day(days):
    return (datetime.date.today() + datetime.timedelta(days=days)).isoformat()


class Renewed:
    """Of a test case that knows visitors and what is running."""

    # --- what one does on any page

    def put(self, visitor, selector, value):
        """Fills in a field as it wants to be: chosen, typed ahead, or typed."""
        page = visitor.page
        field = page.locator(selector)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("data-choose"):
            field.fill(value)
            page.locator(f"[id='{field.get_attribute('id')}-list'] [role=option]", has_text=value).first.click()
        elif field.get_attribute("type") == "checkbox":
            field.set_checked(value)
        else:
            field.fill(value)

    def enter(self, visitor, **fields):
        """Fills in the form of a record and saves it."""
        for name, value in fields.items():
            self.put(visitor, f"form#edit #{name}", value)
        visitor.going(lambda: visitor.page.click("form#edit .form-buttons button"))
        self.assertRegex(visitor.page.url, "done=(created|saved)", visitor.page.locator("main").inner_text()[:800])

    def make(self, visitor, table, **fields):
        """A new record, and the address of its page."""
        visitor.open(f"/records/{table}/new")
        # What was typed for the one before does not wait for this one.
        self.assertFalse(visitor.page.locator("#edit [data-kept]").is_visible())
        self.enter(visitor, **fields)
        return visitor.page.url.split("?")[0]

    def begin(self, visitor, heading):
        """Leads to the form of a new record of a list of the page."""
        visitor.going(lambda: visitor.page.click(f".row:has(h3:text-is('{heading}')) a:has-text('New')"))

    def move(self, visitor, *states):
        for state in states:
            button = visitor.page.locator(f"button[name=to][value={state}]")
            self.assertEqual(button.count(), 1, f"{state}: {visitor.page.locator('main').inner_text()[:400]}")
            visitor.going(button.click)
            self.assertIn("done=moved", visitor.page.url)

    def close(self, visitor, notes, tick=None):
        """Closes the record of the page, or the case: what stands in its form besides is ticked."""
        if not visitor.page.locator("#closed-notes").is_visible():
            visitor.page.click("details.menu:has(#closed-notes) > summary")
        visitor.page.fill("#closed-notes", notes)
        if tick:
            visitor.page.check(tick)
        visitor.going(lambda: visitor.page.click("details[open] button[value=closed]"))

    def go_on(self, visitor, activity):
        """Marks complete what stands open on the page of the case: that is the activity whose turn it is."""
        self.assertEqual(visitor.page.locator(".activity[open]").get_attribute("id"), activity)
        visitor.going(lambda: visitor.page.click(".activity[open] button[value=complete]"))
        self.assertIn("done=completed", visitor.page.url, visitor.page.locator("main").inner_text()[:600])

    def complete(self, visitor, case, activity, *fields):
        """Fills in an activity of a playbook and marks it complete."""
        form = f"#form-{activity}"
        self.until(visitor, f"{case}?activity={activity}", form)
        for name, value in fields:
            self.put(visitor, f"{form} [id='input-{name}']", value)
        visitor.going(lambda: visitor.page.click(f"{form} button[value=complete]"))
        self.assertIn("done=completed", visitor.page.url, visitor.page.locator(f"#{activity}").inner_text())

    # --- the mission

    def test_an_account_from_signed_to_renewed(self):
        visitor = self.visitor("administrator").sign_in()
        account, contract = self.sign(visitor)
        case = self.onboard(visitor, account)
        guest = self.invite(visitor, account)
        agent = self.visitor("agent").sign_in()
        self.bring_in(agent, guest, case)
        self.develop(agent, case)
        self.work_together(agent, guest)
        self.go_live(agent, case)
        engagement = self.hand_over(visitor, case, contract)
        self.reach(visitor, engagement)
        self.play(visitor, engagement)
        self.show(visitor, guest, engagement)
        self.renew(visitor, guest, engagement)
        self.assertEqual(visitor.said + guest.said + agent.said, [])

    def sign(self, visitor):
        """Signed: an account and its contract. Its case opens by itself."""
        account = self.make(visitor, "customer_account", name=ACCOUNT)
        contract = f"{ACCOUNT.split()[0]}-2026-1"
        self.begin(visitor, "Contract")
        self.enter(visitor, number=contract, end_date=day(120), contract_value="48000", status="active")
        self.until(visitor, account, OWN_CASE)
        visitor.look("account")
        return account, contract

    def onboard(self, visitor, account):
        """The playbook of the case, as the agent works it."""
        page = visitor.page
        visitor.going(lambda: page.click(OWN_CASE))
        case = page.url.split("?")[0]
        self.complete(
            visitor, case, "enter_info", ("assigned_to", "Olivia"), ("service_bridge_integration", "not_required"), ("type", "full"),
            ("go_live_date", day(45)))
        self.complete(
            visitor, case, "add_contacts", ("contacts-0-first_name", "Berit"), ("contacts-0-last_name", PERSON.split()[1]),
            ("contacts-0-email", f"berit.{GUEST}"))
        self.complete(
            visitor, case, "add_responsibilities", ("members-0-responsibility", "Key team member"))
        self.complete(
            visitor, case, "add_account_team", ("members-0-user", "Olivia"), ("members-0-responsibility", "ServiceNow developer/admin"))
        visitor.open(f"{case}?activity=add_squad")
        visitor.going(lambda: page.click("#form-add_squad button[value=skip]"))
        # Everything is set up, so the page says what is next: the case begins.
        self.assertIn("Begin the case", page.locator(".note-good").inner_text())
        visitor.going(lambda: page.click("button[name=to][value=active]"))
        return case

    def invite(self, visitor, account):
        """Somebody of the customer, who comes in by an invitation."""
        self.make(visitor, "user", name=PERSON, email=GUEST, account=ACCOUNT)
        for role in ("sn_customerservice.customer_admin", "sn_acct_lc.ale_success_customer"):
            self.make(visitor, "role_grant", user=PERSON, role=role)
        self.make(visitor, "customer_contact", account=ACCOUNT, first_name=PERSON.split()[0], last_name=PERSON.split()[1], email=GUEST, user=PERSON)
        visitor.open(account)
        visitor.going(lambda: visitor.page.click("a[href^='/people?account=']"))
        visitor.going(lambda: visitor.page.click("form[action$='/invite'] button"))
        guest = self.visitor("guest", width=390)
        guest.open(self.link(GUEST, "invitation"))
        guest.page.fill("#password", PASSWORD)
        guest.going(lambda: guest.page.keyboard.press("Enter"))
        guest.sign_in(PASSWORD, GUEST)
        self.assertIn(ACCOUNT, guest.page.locator("main").inner_text())
        return guest

    def bring_in(self, visitor, guest, case):
        """The customer's sites: the agent shows the import of the playbook to the customer, who sends its file from a phone. A text
        of it that is wrong is put right, and it is published."""
        page = visitor.page
        link = "#import_locations a[href^='/imports/']"
        self.until(visitor, f"{case}?lane=data_capture&activity=import_locations", link)
        visitor.going(lambda: page.click(link))
        task = page.url.split("?")[0]
        self.show_to_the_customer(visitor, task, PERSON)
        self.send_from_a_phone(guest, "sites.csv", SITES)
        self.until(visitor, f"{task}?step=fix", ".chip-wide[href*='Norwegen']")
        visitor.going(lambda: page.click(".chip-wide[href*='Norwegen']"))
        page.fill("#replacement", "Norway")
        visitor.going(lambda: page.click("form[action*='/replace'] button"))
        self.until(visitor, f"{task}?step=plan", "form[action$='/plan'] button")
        self.until(visitor, f"{task}?step=fix", ".count-box:has([data-value=ready_to_publish]) b:text-is('2')")
        visitor.open(f"{task}?step=plan")
        visitor.going(lambda: page.click("form[action$='/plan'] button"))
        self.until(visitor, f"{task}?step=plan", "form[action$='/publish'] button")
        visitor.going(lambda: page.click("form[action$='/publish'] button"))
        self.until(visitor, f"{task}?step=publish", "form[action$='/undo'] button")

    def develop(self, agent, case):
        """The other stages, as whoever the case is assigned to finds them one after the other. What nobody brings in ends with
        the summary of its stage; work that comes up is noted where the playbook has a place for it."""
        page = agent.page
        self.until(agent, f"{case}?activity=data_summary", "#form-data_summary [name$='-record'] >> nth=7")
        for row in range(8):
            page.fill(f"[id='input-close_notes-{row}-close_notes']", "Nothing else to bring in.")
        agent.going(lambda: page.click("#form-data_summary button[value=complete]"))
        self.assertIn("done=completed", page.url, page.locator("main").inner_text()[:600])
        # The imports end a moment later, and then the stage.
        self.until(agent, case, "#account_relationships[open]")
        for activity in ("account_relationships", "maintenance_schedules", "process_slas", "reporting", "catalog_development"):
            self.go_on(agent, activity)
        page.fill("[id='input-tasks-0-short_description']", "Paint the counter")
        self.go_on(agent, "related_work")
        self.go_on(agent, "development_summary")
        self.go_on(agent, "go_live_change_request")
        self.go_on(agent, "go_live_communications")

    def work_together(self, agent, guest):
        """The training is planned by the customer, on a phone; the agent gives it to somebody there, and sees it done."""
        page, (first, last) = agent.page, PERSON.split()
        agent.going(lambda: page.click("#plan_training a[href^='/tasks/']"))
        self.put(agent, "#contact", f"{first} {last}")
        self.put(agent, "#visible_to_customer", True)
        agent.going(lambda: page.click("#edit .form-buttons button"))
        task = page.url.split("?")[0]
        guest.open("/portal")
        guest.going(lambda: guest.page.click("main a[href^='/portal/tasks/']:has-text('training')"))
        guest.page.fill("#comment", "Berit trains the counter.")
        guest.going(lambda: guest.page.click("#say button"))
        guest.going(lambda: guest.page.click("form[action$='/move'] button[value=closed]"))
        agent.open(task)
        self.assertIn("Berit trains the counter.", page.content())
        self.assertTrue(page.locator(".badge[data-value=closed]").count())

    def go_live(self, agent, case):
        """Trained and live: the support case is worked on by itself, and the onboarding ends; over what is still open only where
        somebody says so."""
        page = agent.page
        agent.open(case)
        self.go_on(agent, "execute_training")
        self.until(agent, case, "#go_live_support_case a.button-main[href^='/cases/']")
        agent.going(lambda: page.click("#go_live_support_case a.button-main"))
        agent.going(lambda: page.click("button[name=to][value=active]"))
        self.close(agent, "Nothing came up.")
        self.assertIn("done=moved", page.url, page.locator("main").inner_text()[:600])
        agent.open(case)
        self.assertIn("Every stage is done", page.locator(".note-good").inner_text())
        self.close(agent, "Live.")
        self.assertIn("open tasks", page.locator("[role=alert]").inner_text())
        self.close(agent, "Live.", tick="#closed-tasks")
        self.assertTrue(page.locator(".badge[data-value=closed]").count(), page.locator("main").inner_text()[:600])
        agent.look("case-finished")

    def hand_over(self, visitor, case, contract):
        """Over to customer success: an engagement, and the contract that says when it is renewed."""
        page = visitor.page
        visitor.open(case)
        visitor.going(lambda: page.click(".note-good a[href^='/records/engagement/new']"))
        self.enter(
            visitor, title="Travel without paper", account_manager="Petra Play", customer_success_manager="Sam Success",
            perceived_health="green")
        visitor.look("engagement-begun")
        engagement = page.url.split("?")[0]
        visitor.open(engagement)
        visitor.going(lambda: page.click(".count-box a[href^='/records/engagement_contract/new']"))
        self.enter(visitor, contract=contract)
        self.until(visitor, engagement, ".count-box b")
        return engagement

    def reach(self, visitor, engagement):
        """What is to be reached, measured; when; what is talked about; and what stands in the way."""
        page = visitor.page
        visitor.open(engagement)
        self.begin(visitor, "Objectives")
        self.enter(visitor, title="Paperless by spring", description="No printed ticket is left.", planned_stop=day(90))
        objective = page.url.split("?")[0]
        visitor.going(lambda: page.click("main .panel .row a.button:has-text('New')"))
        self.enter(
            visitor, title="Printed tickets", description="Tickets that are printed in a week.", tracking_method="manual",
            unit="tickets", base_value="400", target_value="0", current_value="400")
        # What was measured is seen as it comes.
        self.enter(visitor, current_value="100")
        visitor.open(objective)
        self.assertIn("75 %", page.locator("main").inner_text())
        self.begin(visitor, "Milestones")
        self.enter(visitor, title="First trip without paper", target_date=day(30))
        visitor.open(engagement)
        self.begin(visitor, "Touchpoints")
        self.enter(visitor, subject="How the first trip went", description="What to keep.", meeting_date=day(31))
        visitor.open(engagement)
        self.begin(visitor, "Open risk signals")
        self.enter(visitor, short_description="The office prints again", description="Tickets are printed.", probability="high")
        self.move(visitor, "active")

    def play(self, visitor, engagement):
        """The risk is met by a play, which shows beforehand what it makes, and is followed; and a blueprint lays out the plan."""
        page = visitor.page
        risk = page.url.split("?")[0]
        visitor.going(lambda: page.click("form[action='/plays'] button"))
        visitor.going(lambda: page.click("main a[href*='/plays/entries/']:has-text('Get to Green')"))
        self.assertIn("Get to green", page.locator("section[aria-labelledby=plan]").inner_text())
        visitor.look("play-planned")
        self.launch(visitor)
        visitor.open(risk)
        self.close(visitor, "The printer is gone.")
        visitor.open(engagement)
        visitor.going(lambda: page.click("form[action='/plays'] button"))
        visitor.going(lambda: page.click("main a[href^='/plays/blueprints']"))
        visitor.going(lambda: page.locator("main a[href*='/plays/entries/']").first.click())
        self.launch(visitor)
        visitor.going(lambda: page.click("main a[href^='/plays/notifiers']"))
        self.until(visitor, page.url, "li[data-row] ul li")
        visitor.open("/plays/notifiers")
        visitor.look("notifiers")

    def launch(self, visitor):
        """Launches the play whose questions are shown, and sees it through."""
        visitor.going(lambda: visitor.page.click("button[value=launch]"))
        run = visitor.page.url.split("?")[0]
        self.assertIn("/plays/runs/", run, visitor.page.locator("main").inner_text()[:600])
        self.until(visitor, run, ".badge[data-value=completed]")

    def show(self, visitor, guest, engagement):
        """The plan, as the provider shows it and as the customer reads it."""
        page = guest.page
        visitor.open(engagement)
        visitor.going(lambda: visitor.page.click(".actions a[href$='/plan']"))
        visitor.going(lambda: visitor.page.click("a[href*='as_customer=true']"))
        self.assertIn("Printed tickets", visitor.page.locator("main").inner_text())
        guest.open("/portal")
        # The milestone and the conversation with keys alone, and a word about it.
        for kind, text, picture in (("milestones", "First trip without paper", "portal-milestone"), ("touchpoints", "How the first trip", "portal-talk")):
            self.press(guest, f"main a[href^='/portal/{kind}/']")
            self.assertIn(text, page.locator("main").inner_text())
            guest.look(picture)
            if page.locator("#comment").count():
                self.to(page, "#comment")
                page.keyboard.type("Fine with us.")
                self.press(guest, "#say button")
                self.assertIn("Fine with us.", page.locator("main").inner_text())
            guest.open("/portal")
        guest.going(lambda: page.click("main a[href^='/portal/']:has-text('Travel without')"))
        guest.look("portal-engagement-own")
        guest.going(lambda: page.click(".actions a[href$='/plan']"))
        self.assertIn("75 %", page.locator("main").inner_text())
        self.assertNotIn("The office prints again", page.content())

    def renew(self, visitor, guest, engagement):
        """Renewed: the opportunity is won, and the engagement goes on."""
        page = visitor.page
        visitor.open(f"{engagement}#files")
        # What was agreed on lies with the engagement, and the customer is shown it.
        page.set_input_files("#file", {"name": "agreed.txt", "mimeType": "text/plain", "buffer": b"Paperless by spring."})
        page.wait_for_selector("#files a[href*='/files/']:has-text('agreed.txt')")
        visitor.going(lambda: page.click("#files form[action$='/show'] button"))
        self.assertIn("Customer sees it", page.locator("#files").inner_text())
        self.assertIn("Get to Green", page.locator("#plays").text_content())
        visitor.look("engagement-whole")
        page.click("[role=tab][href='#now']")
        self.begin(visitor, "Opportunities")
        self.enter(visitor, kind="renewal", title="Renewal of 2027", value="48000", currency="EUR", expected_date=day(110))
        self.move(visitor, "qualified", "handed_over", "won")
        visitor.open(engagement)
        visitor.going(lambda: page.click("[data-edit]"))
        self.enter(visitor, stage="renew", perceived_health="yellow")
        self.move(visitor, "define", "in_progress")
        # Why it is yellow stands with it: what was measured, and the risk that came and went.
        visitor.open(f"{engagement}#moved")
        self.assertIn("The office prints again", page.locator(".count-box a[href='#moved']").inner_text())
        for moved in ("Health changed", "Outcome measured", "Risk signal closed"):
            self.assertIn(moved, page.locator("#moved").inner_text())
        visitor.look("renewed-engagement")
        guest.open("/portal")
        guest.going(lambda: guest.page.click("main a[href^='/portal/engagements/']"))
        shown = guest.page.locator("main").inner_text()
        self.assertIn("agreed.txt", shown)
        self.assertNotIn("The office prints again", shown)
        # Whose engagement it is finds it in the portfolio.
        manager = self.visitor("success-manager").sign_in()
        manager.open("/success")
        manager.going(lambda: manager.page.click("tr:has-text('Travel without paper') a[href*='#goes-on']"))
        self.assertIn("Travel without paper", manager.page.locator("#goes-on").inner_text())
        manager.look("success-portfolio")
