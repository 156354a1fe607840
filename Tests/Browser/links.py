"""What links of e-mails lead to, an invitation and a forgotten password; and what customers send from a phone."""
import email
import email.policy
import re

NEWCOMER = "newcomer@ernst-handel.example"
SITES = """Name,Account,Street,City,Postal code,Country,Time zone
Depot Enns,Ernst Handel,Hafenstraße 3,Enns,4470,Austria,Europe/Vienna
"""


class Links:
    """Of a test case that knows visitors and what is running."""

    def link(self, address, kind):
        """The link of the newest mail to somebody, as a program for mail shows it."""
        def look():
            mails = [each for each in (self.running().local / "mail").rglob("*") if each.is_file()]
            for file in sorted(mails, key=lambda each: each.stat().st_mtime, reverse=True):
                mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                body = mail.get_body(("plain", "html"))
                if address in str(mail["to"]) and body and (found := re.search(rf"https?://\S+/{kind}#[\w.~-]+", body.get_content())):
                    return found.group(0)
            return None
        return self.running().eventually(look)

    def newcomer(self):
        """Somebody new at the customer, who has a role and no password."""
        stack = self.running()
        account = stack.one("onboarding.customer_accounts.list", "agent", filter='name = "Ernst Handel"')["id"]
        user = stack.ask("onboarding.users.create", "administrator", user={
            "name": "Nora Newcomer", "email": NEWCOMER, "account": account, "language": "en"})["id"]
        stack.ask("onboarding.role_grants.create", "administrator", roleGrant={"user": user, "role": "sn_customerservice.customer"})

    def choose(self, visitor, password):
        """Chooses a password on the page that a link has opened, and signs in with it."""
        page = visitor.page
        page.fill("#password", password)
        visitor.going(lambda: page.keyboard.press("Enter"))
        self.assertIn("/sign-in", page.url)
        visitor.sign_in(password, NEWCOMER)
        self.assertEqual(page.url, self.running().address + "/portal")

    def test_somebody_is_invited_comes_in_and_forgets_the_password(self):
        self.newcomer()
        host = self.visitor("customer-administrator", width=390).sign_in()
        host.open("/people?text=newcomer")
        host.going(lambda: host.page.click("form[action$='/invite'] button"))
        self.assertIn("done=invited", host.page.url)
        guest = self.visitor("nobody")
        guest.open(self.link(NEWCOMER, "invitation"))
        # The script takes the secret out of the address and posts it.
        guest.page.wait_for_selector("#password")
        self.assertNotIn("#", guest.page.url)
        self.assertIn(NEWCOMER, guest.page.content())
        guest.look("invitation-opened")
        guest.page.fill("#password", "password")
        guest.going(lambda: guest.page.keyboard.press("Enter"))
        self.assertEqual(guest.page.locator("#password").get_attribute("aria-invalid"), "true")
        self.choose(guest, "a fine day in Enns")
        # Forgotten, and without a script: the link is pasted.
        other = self.visitor("nobody", has_script=False)
        other.open("/forgotten")
        other.page.fill("#email", NEWCOMER)
        other.going(lambda: other.page.keyboard.press("Enter"))
        link = self.link(NEWCOMER, "reset")
        other.open("/reset")
        other.page.fill("#link", link)
        other.going(lambda: other.page.keyboard.press("Enter"))
        self.choose(other, "another day in Enns")
        # The old one is good no more.
        late = self.visitor("nobody").sign_in("a fine day in Enns", NEWCOMER)
        self.assertTrue(late.page.locator("[role=alert]").is_visible())
        # Who may come no more is out at once, also of a page that asks nothing.
        stack = self.running()
        self.assertEqual(other.open("/search").status, 200)
        user = stack.one("onboarding.users.list", "administrator", filter=f'email = "{NEWCOMER}"')["id"]
        stack.ask("onboarding.users.update", "administrator", user={"id": user, "active": False})
        stack.eventually(lambda: other.open("/search") and "/sign-in" in other.page.url)

    def show_to_the_customer(self, visitor, task, contact):
        """Whoever has an import task lets somebody of the customer see it, by what its page has of it."""
        page = visitor.page
        visitor.open(f"{task}?step=upload")
        page.click("#details > summary")
        self.put(visitor, "#edit #contact", contact)
        self.put(visitor, "#edit #visible_to_customer", True)
        visitor.look("import-details")
        visitor.going(lambda: page.click("#edit .form-buttons button"))
        self.assertIn("done=saved", page.url, page.locator("#details").inner_text())
        self.assertIn(contact, page.locator("#details > summary").inner_text())

    def send_from_a_phone(self, guest, name, text):
        """The customer finds the import among what is waited for, and sends its file."""
        link = "main a[href^='/portal/imports/']"
        self.until(guest, "/portal", link)
        guest.going(lambda: guest.page.click(link))
        guest.page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})
        guest.page.wait_for_selector(f"section ul.files:has-text('{name}') .badge")

    def test_a_customer_sends_a_workbook_and_a_file_from_a_phone(self):
        stack = self.running()
        shared = {key: stack.task_of_import[key] for key in (
            "parent", "contact", "assignedTo", "account", "sourceTable", "targetTable", "dataSource")}
        task = stack.ask("import-validation.import_tasks.create", "agent", importTask={
            **shared, "shortDescription": "Import depots", "visibleToCustomer": True})
        visitor = self.visitor("customer-administrator", width=390, scheme="dark").sign_in()
        page = visitor.page
        # The search leads there: customers have it too.
        page.fill("[data-search]", task["number"])
        visitor.going(lambda: page.keyboard.press("Enter"))
        visitor.going(lambda: page.click(f"main a[href='/portal/imports/{task['id']}']"))
        page.set_input_files("#file", {"name": "depots.csv", "mimeType": "text/csv", "buffer": SITES.encode()})
        page.wait_for_selector("section ul.files:has-text('depots.csv') .badge")
        page.set_input_files("#file-attach", [
            {"name": name, "mimeType": "text/plain", "buffer": b"As agreed."} for name in ("agreed.txt", "map.txt")])
        for name in ("agreed.txt", "map.txt"):
            page.wait_for_selector(f"a[href*='/files/']:has-text('{name}')")
        self.until(visitor, page.url, ".count-box:has([data-value=ready_to_publish]) b:text-is('1')")
        visitor.looks("portal-import-sent")
