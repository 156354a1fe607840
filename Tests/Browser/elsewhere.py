"""Pages that no journey leads to, one after another in both languages; and whether any page was left out."""
import pathlib
import re

LIST = pathlib.Path(__file__).resolve().parent / "addresses.tsv"


def pages():
    """The addresses of pages, with a pattern for each; a unit test holds the list to what the program has. What is no page is a file, a
    part of one, or leads on."""
    lines = [line.split("\t") for line in LIST.read_text().splitlines()[1:]]
    return {address: re.compile("^" + re.sub(r":\w+", "[^/]+", address) + "$") for address, kind in lines if kind == "page"}


def left_out(paths):
    """The pages that none of the paths is one of. Where two would do, such as `/cases/new`, it is the one that says more."""
    patterns = pages()
    met = set()
    for path in paths:
        fitting = [address for address, pattern in patterns.items() if pattern.match(path)]
        if fitting:
            met.add(min(fitting, key=lambda address: address.count(":")))
    return sorted(set(patterns) - met)


class Elsewhere:
    """Of a test case that knows visitors and what is running."""

    def work_of_success(self):
        """An engagement of the customer, with a touchpoint, a case and an initiative; somebody there may follow them."""
        stack = self.running()
        developer = stack.one("onboarding.users.list", "administrator", filter=f'email = "{stack.person("customer-developer")}"')["id"]
        stack.ask("onboarding.role_grants.create", "administrator", roleGrant={"user": developer, "role": "sn_acct_lc.ale_success_customer"})
        engagement = stack.one("customer-success.engagements.list", "success-manager", filter="active = true")
        mine = {"engagement": engagement["id"]}
        case = stack.ask("customer-success.success_cases.create", "success-manager", successCase={
            **mine, "shortDescription": "Review the branches", "description": "Two sites"})
        touchpoint = stack.one("customer-success.touchpoints.list", "success-manager", filter=f'engagement = "{engagement["id"]}"')
        initiative = stack.ask("customer-success.success_initiatives.list", "success-manager", filter=f'engagement = "{engagement["id"]}"').get("successInitiatives")
        if not initiative:
            objective = stack.ask("customer-success.success_objectives.create", "success-manager", successObjective={
                **mine, "title": "Fewer calls", "description": "By self-service"})
            outcome = stack.ask("customer-success.success_outcomes.create", "success-manager", successOutcome={
                "successObjective": objective["id"], "title": "Calls", "description": "Each month"})
            initiative = [stack.ask("customer-success.success_initiatives.create", "success-manager", successInitiative={
                "successOutcome": outcome["id"], "subject": "Adopt self-service", "description": "Portal for all teams"})]
        return engagement["id"], touchpoint["id"], case["id"], initiative[0]["id"]

    kept = None

    def places(self):
        """Who opens what: the address, what its picture is called, and the form that is the work of the page, where it has one."""
        Elsewhere.kept = Elsewhere.kept or self.found_places()
        return Elsewhere.kept

    def found_places(self):
        running = self.running()
        engagement, touchpoint, case, initiative = self.work_of_success()
        objective = running.one("customer-success.success_objectives.list", "success-manager", pageSize=1)["id"]
        playbook = running.one("customer-success.playbook_definitions.list", "administrator", pageSize=1)["id"]
        action = running.one("onboarding.action_definitions.list", "administrator", pageSize=1)["id"]
        number, imported = running.task["number"], running.task_of_import["id"]
        success, portal = f"/success-playbooks/{playbook}", "/portal/engagements"
        return {
            "agent": [
                (f"/tasks/{number}/due-date", "due-date", "form[action$='/due-date']"),
                (f"/tasks/{number}/register", "register", "#register"), (f"/imports/{imported}/due-date", "import-date", "form[action$='/due-date']"),
                ("/articles/consumer_guide?back=/onboarding", "article", None),
                (f"/cases/{running.case['number']}/go-live", "go-live", "form[action$='/go-live']")],
            "administrator": [
                ("/administration", "administration", None), ("/administration/actions", "administration-actions", None),
                (f"/administration/actions/onboarding/{action}", "administration-action", "#edit"),
                ("/administration/rights", "administration-rights", "form[action='/administration/rights']"),
                 ("/administration/domains", "administration-domains", None), ("/administration/emails", "administration-emails", None),
                 ("/administration/emails/play-completed/ko", "administration-email", "#edit"),
                ("/success-playbooks", "success-playbooks", None), ("/success-playbooks/new", "success-playbook-new", "#new"),
                (f"{success}/draft", "success-designer", None), (f"{success}/try", "success-playbook-try", "form.form"),
                (success, "success-playbook", "form[action$='/migrations']")],
            "success-manager": [
                (f"/engagements/{engagement}/plan", "plan", None), (f"/plays/blueprints?source=engagement:{engagement}", "blueprints", None),
                (f"/objectives/{objective}", "objective", None)],
            "customer-administrator": [
                ("/portal/list/my_tasks", "portal-list", None), (f"/portal/cases/{running.case['id']}/tasks", "portal-tasks", None),
                ("/notices", "notices", None), ("/search", "search", "[data-search]")],
            "customer-developer": [
                ("/portal", "portal-followed", None), (f"/portal/touchpoints/{touchpoint}", "portal-touchpoint", "#say"),
                (f"/portal/success-cases/{case}", "portal-success-case", "#say"), (f"/portal/initiatives/{initiative}", "portal-initiative", None),
                (f"{portal}/{engagement}", "portal-engagement", None), (f"{portal}/{engagement}/plan", "portal-plan", None)]}

    # The forms of pages that journeys go through with a script.
    FORMS = {
        "agent": [
            ("/cases/new", "#new"), ("/person", "form[action='/person']"), ("/person", "form[action='/person/password']"),
            ("/accounts/{account}/holidays", "#holiday"), ("/tasks/{number}", "#edit"), ("/search", "[data-search]"),
            ("/lists/lifecycle_task?active=true", "form[data-choosing]"), ("/records/customer_account/{account}", "#edit")],
        "administrator": [
            ("/people", "form[action='/people']"), ("/playbooks/new", "#new"), ("/administration/choices", "main form"),
            ("/administration/builders/new", "#step"), ("/administration/triggers/new", "#edit"), ("/administration/articles/new", "main form"),
            ("/administration/flows/new", "main form"), ("/administration/health", "main form")],
        "success-manager": [
            ("/records/engagement/new", "#edit"), ("/plays?source=onboarding_case:{case}", "a[href*='/plays/entries/']"),
            ("/success", "a[href^='/engagements/']"), ("/lists/engagement", "form[data-choosing]")],
        "customer-developer": [("/portal/service-bridge", "#register")],
        "customer-administrator": [
            ("/portal/cases/{case}", "#say"), ("/portal/imports/{imported}", "form[data-drop]"), ("/people", "form[action='/people']")]}

    def test_pages_that_no_journey_leads_to(self):
        for name, pages in self.places().items():
            visitor = self.visitor(name, width=390 if name.startswith("customer") else 1440).sign_in()
            for path, picture, _ in pages:
                with self.subTest(person=name, path=path):
                    self.assertEqual(visitor.open(path).status, 200)
                    visitor.looks(picture)
            if name == "administrator":
                # What the last of them would bring its runs to.
                visitor.going(lambda: visitor.page.click("form[action$='/migrations'] button"))
                visitor.looks("success-migration")

    def test_every_form_is_there_without_a_script(self):
        stack, places = self.running(), self.places()
        known = {
            "account": stack.task_of_import["account"], "number": stack.task["number"], "case": stack.case["id"],
            "imported": stack.task_of_import["id"]}
        for name, forms in self.FORMS.items():
            visitor = self.visitor(name, has_script=False).sign_in()
            of_places = [(path, form) for path, _, form in places[name]]
            for path, form in [*of_places, *((path.format(**known), form) for path, form in forms)]:
                with self.subTest(person=name, path=path):
                    self.assertEqual(visitor.open(path).status, 200)
                    if form:
                        self.assertTrue(visitor.page.locator(form).first.is_visible(), form)
