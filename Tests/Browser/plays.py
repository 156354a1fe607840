"""Success plays in the workspace without a script."""


class Plays:
    """Of a test case that knows visitors and what is running."""

    def test_a_play_is_launched_without_script(self):
        visitor = self.visitor("success-manager", has_script=False).sign_in()
        page = visitor.page
        visitor.open(f"/plays?source=onboarding_case:{self.running().case['id']}")
        visitor.going(lambda: page.click("main a[href*='/plays/entries/']:has-text('Service Bridge')"))
        visitor.going(lambda: page.click("button[value=launch]"))
        self.assertIn("/plays/runs/", page.url)
