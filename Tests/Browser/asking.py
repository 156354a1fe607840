"""A customer asks from a phone; the manager finds it, answers with a template and shows a file."""


class Asking:
    """Of a test case that knows visitors and what is running."""

    def asks(self):
        """What has to stand for it: somebody of the customer who follows engagements, and a template."""
        stack = self.running()
        person = stack.one("onboarding.users.list", "administrator", filter=f'email = "{stack.person("customer-administrator")}"')["id"]
        stack.ask("onboarding.role_grants.create", "administrator", roleGrant={"user": person, "role": "sn_acct_lc.ale_success_customer"})
        stack.ask("customer-success.response_templates.create", "play-administrator", responseTemplate={
            "name": "Thanks", "bodyEn": "Thank you for {{record.number}}.", "bodyKo": "{{record.number}} 문의에 감사드립니다."})

    def test_a_customer_asks_and_is_answered(self):
        self.asks()
        guest = self.visitor("customer-administrator", width=390, language="ko").sign_in()
        page = guest.page
        guest.going(lambda: page.click("main a[href$='#ask']"))
        guest.look("portal-ask")
        page.fill("#subject", "좌석을 몇 개 더 쓸 수 있나요?")
        page.fill("#description", "지점이 늘어납니다.")
        page.select_option("#category", "general_conversation")
        guest.going(lambda: page.click("#ask button"))
        self.assertIn("/portal/touchpoints/", page.url, page.locator("main").inner_text())
        # Whose engagement it is finds it, and answers in the words of the house.
        manager = self.visitor("success-manager").sign_in()
        desk = manager.page
        desk.fill("[data-search]", "좌석을 몇 개")
        manager.going(lambda: desk.keyboard.press("Enter"))
        manager.going(lambda: desk.click("main a[href^='/records/touchpoint/']"))
        desk.click("[role=tab][href='#stream']")
        desk.fill("#comment", "안녕하세요.")
        desk.select_option("#template", desk.locator("#template optgroup >> nth=1").locator("option").first.get_attribute("value"))
        desk.click("[data-insert]")
        desk.wait_for_function("document.querySelector('#comment').value.includes('감사드립니다')")
        manager.look("record-response")
        manager.going(lambda: desk.click("#say button[value=comment]"))
        desk.click("[role=tab][href='#files']")
        desk.check("[name=visible_to_customer]")
        with desk.expect_navigation():
            desk.set_input_files("#file", {"name": "seats.txt", "mimeType": "text/plain", "buffer": b"Ten more."})
        # Hidden by mistake, and shown again by the toast.
        manager.going(lambda: desk.click("#files form[action$='/show'] button"))
        manager.going(lambda: desk.click(".toast form button"))
        self.assertIn("Customer sees it", desk.locator("#files").inner_text())
        page.reload()
        self.assertRegex(page.locator("main").inner_text(), "안녕하세요.\\s+TCHPT\\d+ 문의에 감사드립니다")
        guest.language("en")
        guest.look("portal-asked")
        self.assertTrue(page.locator("main a[href*='/files/']:has-text('seats.txt')").count())
        self.assertEqual(guest.said + manager.said, [])
