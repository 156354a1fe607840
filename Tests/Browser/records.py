"""Any record in the workspace: made, changed by two people, moved, taken back and removed, with and without a script."""
import datetime


class Records:
    """Of a test case that knows visitors and what is running."""

    def engagement(self):
        return self.running().one("customer-success.engagements.list", "success-manager", pageSize=1)

    def test_a_record_is_made_changed_moved_and_removed(self):
        engagement = self.engagement()
        visitor = self.visitor("success-manager", language="ko").sign_in()
        page = visitor.page
        visitor.open("/lists/engagement")
        visitor.look("list-engagements")
        visitor.going(lambda: page.click(f"td a:has-text('{engagement['number']}')"))
        visitor.looks("engagement")
        visitor.going(lambda: page.click("[data-edit]"))
        visitor.looks("record")
        # A touchpoint of it, begun from its list.
        visitor.open(f"/records/touchpoint/new?engagement={engagement['id']}")
        self.assertEqual(page.input_value("#engagement"), engagement["title"])
        visitor.looks("record-new")
        page.fill("#subject", "Review of the first quarter")
        page.fill("#description", "What was reached, and what comes next.")
        page.fill("#meeting_date", (datetime.date.today() + datetime.timedelta(days=20)).isoformat())
        page.fill("#assigned_to", "Sam")
        page.locator("#assigned_to-list [role=option]").first.click()
        visitor.going(lambda: page.click("form#edit button.button-main"))
        self.assertIn("done=created", page.url)
        address = page.url.split("?")[0]
        visitor.look("record-touchpoint")
        # What two people change is kept of both, or is chosen.
        other = self.visitor("success-manager").sign_in()
        other.open(address)
        other.page.fill("#subject", "Review with the board")
        other.going(lambda: other.page.click("form#edit button.button-main"))
        page.wait_for_selector("[data-news]:not([hidden])")
        page.fill("#subject", "Review with the team")
        visitor.going(lambda: page.click("form#edit button.button-main"))
        self.assertIn("Review with the board", page.locator(".conflict").inner_text())
        visitor.look("record-conflict")
        visitor.going(lambda: page.click("form#edit button.button-main"))
        self.assertIn("Review with the team", page.locator("h1").inner_text())
        visitor.going(lambda: page.click(".toast form button"))
        self.assertIn("done=restored", page.url)
        self.assertIn("Review with the board", page.locator("h1").inner_text())
        self.assertIn("Review with the team", page.locator("#stream").text_content())

    def test_a_record_without_script(self):
        engagement = self.engagement()
        visitor = self.visitor("success-manager", has_script=False).sign_in()
        page = visitor.page
        visitor.open(f"/records/risk_signal/new?engagement={engagement['id']}")
        page.fill("#short_description", "Usage falls")
        page.fill("#description", "Fewer people sign in.")
        page.select_option("#probability", "high")
        page.fill("#assigned_to", "Nobody of that name")
        visitor.going(lambda: page.click("form#edit button.button-main"))
        self.assertEqual(page.input_value("#description"), "Fewer people sign in.")
        page.fill("#assigned_to", "")
        visitor.going(lambda: page.click("form#edit button.button-main"))
        self.assertIn("done=created", page.url)
        visitor.going(lambda: page.click("button[name=to][value=active]"))
        self.assertIn("done=moved", page.url)
        page.locator("summary", has_text="Close").click()
        page.fill("#closed-notes", "It rises again.")
        visitor.going(lambda: page.click("details[open] button[value=closed]"))
        self.assertTrue(page.locator("button[value=reopen]").count())
        visitor.going(lambda: page.click(".toast form button"))
        self.assertTrue(page.locator("form#edit").count())
