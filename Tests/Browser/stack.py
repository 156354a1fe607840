"""A whole stack for the browser tests, of its own under .local/browser, with the people and records that the journey leaves."""
import contextlib
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import issuer

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEW_CUSTOMER = "한빛텔레콤"


class Stack:
    """What runs: the address of the workspace, and who can sign in."""

    def __init__(self, local, programs):
        self.local = local
        self.environment = {**os.environ, "ALE_LOCAL": str(local), "ALE_BIN": str(programs)}
        self.programs = programs
        self.address = ""
        self.passwords = {}

    def run(self, *command, timeout=300, **variables):
        """What a program prints; its errors end the test."""
        done = subprocess.run(command, cwd=ROOT, env={**self.environment, **variables}, text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def settings(self, program):
        """What a program of the stack is configured by."""
        text = (self.local / "env" / f"{program}.env").read_text()
        return dict(re.findall(r"^(\w+)='(.*)'$", text, re.M))

    def start(self):
        """Starts everything and makes the journey, once."""
        begun = self.run("Tools/stack.sh", "start")
        self.address = self.settings("workspace")["ALE_WORKSPACE_URL"]
        if self.address not in begun:
            raise SystemExit(f"the start does not say where the pages are:\n{begun}")
        token = self.run("Tools/onboarding.sh", "token", "--user", "administrator@provider.example").strip()
        printed = self.run(self.programs / "journey", **self.settings("journey"), ALE_ADMIN_TOKEN=token)
        self.printed = printed
        self.passwords = dict(re.findall(r"^  (\S+@\S+)\s+(\S.*)$", printed, re.M))
        self.furnish()

    def ask(self, subject, persona, **request):
        """What a service answers a person of the journey."""
        return json.loads(self.run(sys.executable, "Tools/request.py", f"ale.v1.{subject}", json.dumps(request), "--as", persona))

    def eventually(self, look, seconds=30):
        """What `look` answers as soon as it is something."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                raise SystemExit("what was waited for did not come")
            time.sleep(0.2)
        return found

    def one(self, subject, persona, **request):
        """The only record of a list."""
        (records,) = [value for value in self.ask(subject, persona, **request).values() if isinstance(value, list)]
        return records[0]

    def furnish(self):
        """Work that is open: the case of a new customer, and for the customer of the journey a second case with a task and an
        import."""
        made = self.ask("onboarding.customer_accounts.create", "agent", customerAccount={"name": NEW_CUSTOMER})
        mine = f'account = "{made["id"]}"'
        self.eventually(lambda: self.ask("onboarding.onboarding_cases.list", "agent", filter=mine).get("onboardingCases"))
        account = self.one("onboarding.customer_accounts.list", "agent", filter='name = "Ernst Handel"')["id"]
        contact = self.one("onboarding.customer_contacts.list", "agent", filter=f'account = "{account}" AND email : "customer-administrator"')["id"]
        agent = self.one("onboarding.users.list", "administrator", filter='email = "agent@provider.example"')["id"]
        day = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()
        self.case = self.ask("onboarding.onboarding_cases.create", "agent", onboardingCase={
            "account": account, "contact": contact, "assignedTo": agent, "goLiveDate": day, "shortDescription": "Second phase: branches",
            "type": "phased", "serviceBridgeIntegration": "not_required"})
        shared = {"parent": self.case["id"], "contact": contact, "assignedTo": agent, "visibleToCustomer": True}
        self.task = self.ask("onboarding.lifecycle_tasks.create", "agent", lifecycleTask={
            **shared, "shortDescription": "Name your branches", "dueDate": day, "description": "One line for each branch."})
        known = self.one("import-validation.import_tasks.list", "agent", filter='target_table = "location"')
        self.task_of_import = self.ask("import-validation.import_tasks.create", "agent", importTask={
            **shared, "account": account, "shortDescription": "Import branches", "dueDate": day,
            **{key: known[key] for key in ("sourceTable", "targetTable", "dataSource")}})

    def person(self, name):
        """The address of a person of the journey: `agent`."""
        return next(address for address in self.passwords if address.startswith(f"{name}@"))


@contextlib.contextmanager
def running():
    """A stack for as long as the block runs; it is stopped and its data is removed."""
    local = pathlib.Path(os.environ.get("ALE_LOCAL", ROOT / ".local")) / "browser"
    stack = Stack(local, pathlib.Path(os.environ.get("ALE_BIN", ROOT / ".build/debug")))
    people = {"agent": "agent@provider.example", "stranger": "stranger@provider.example"}
    try:
        with issuer.running(people) as file:
            stack.environment["ALE_SIGN_IN_ISSUERS_FILE"] = str(file)
            stack.start()
            yield stack
    finally:
        subprocess.run(["Tools/stack.sh", "clean"], cwd=ROOT, env=stack.environment, stdout=subprocess.DEVNULL, check=False)
