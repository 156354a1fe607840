"""Success plays in the workspace: launched from a record, and followed."""


class Plays:
    """Of a test case that knows visitors and what is running."""

    def test_a_play_is_chosen_looked_at_launched_and_followed(self):
        visitor = self.visitor("success-manager").sign_in()
        page = visitor.page
        visitor.open(f"/plays?source=onboarding_case:{self.running().case['id']}")
        visitor.language("ko")
        visitor.look("plays")
        visitor.going(lambda: page.click("main a[href*='/plays/entries/']:has-text('Service Bridge')"))
        visitor.look("play")
        visitor.language("en")
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

    def test_a_play_is_launched_without_script(self):
        visitor = self.visitor("success-manager", has_script=False).sign_in()
        page = visitor.page
        visitor.open(f"/plays?source=onboarding_case:{self.running().case['id']}")
        visitor.going(lambda: page.click("main a[href*='/plays/entries/']:has-text('Service Bridge')"))
        visitor.going(lambda: page.click("button[value=launch]"))
        self.assertIn("/plays/runs/", page.url)
