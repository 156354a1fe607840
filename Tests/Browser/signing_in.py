"""Signing in with another issuer, as a browser carries it out."""
import re

import issuer


class SigningIn:
    """Of a test case that knows what is running in which browser."""

    def issued(self):
        """A browser that trusts the certificate of the issuer, and reaches nothing else."""
        context = self.browser().new_context(base_url=self.running().address, ignore_https_errors=True, locale="en-GB")
        self.addCleanup(context.close)
        context.route(re.compile(r"^https?://(?!localhost|127\.)"), lambda route: route.abort())
        return context.new_page()

    def test_one_signs_in_with_another_issuer(self):
        page, agent = self.issued(), self.running().person("agent")
        page.goto("/sign-in?back=%2Fperson")
        page.click(f"a:has-text('{issuer.NAME}')")
        page.wait_for_url("https://localhost:*/**")
        page.fill("input[name=sub]", "agent")
        with page.expect_navigation(url=f"{self.running().address}/**"):
            page.click("button:has-text('Authorize')")
        # The issuer leads back from another site, to the page that was asked for.
        self.assertTrue(page.url.endswith("/person"), f"{page.url}\n{page.locator('body').inner_text()}")
        self.assertIn(agent, page.content())
        self.assertIn("ale_session", [each["name"] for each in page.context.cookies()])
        # A browser that has begun nothing takes nothing, whatever leads it there.
        page.goto("/sign-in")
        self.assertNotIn("/sign-in", page.url)

    def test_whom_only_the_issuer_knows_stays_outside(self):
        page = self.issued()
        page.goto("/sign-in")
        page.click(f"a:has-text('{issuer.NAME}')")
        page.wait_for_url("https://localhost:*/**")
        page.fill("input[name=sub]", "stranger")
        page.click("button:has-text('Authorize')")
        page.wait_for_url("**/sign-in/back/**")
        self.assertTrue(page.locator("[role=alert]").is_visible())
        self.assertNotIn("ale_session", [each["name"] for each in page.context.cookies()])
        # What somebody else's issuer sends is not taken: nothing was begun here with that state.
        answer = self.issued().goto(page.url.split("?")[0] + "?state=guessed&code=guessed")
        self.assertNotEqual(answer.status, 303)
