"""A whole stack for the browser tests, of its own under .local/browser, with the people and records that the journey leaves."""
import contextlib
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


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
        self.run("Tools/stack.sh", "start")
        self.address = self.settings("workspace")["ALE_WORKSPACE_URL"]
        token = self.run("Tools/onboarding.sh", "token", "--user", "administrator@provider.example").strip()
        printed = self.run(self.programs / "journey", **self.settings("journey"), ALE_ADMIN_TOKEN=token)
        self.passwords = dict(re.findall(r"^  (\S+@\S+)\s+(\S.*)$", printed, re.M))

    def person(self, name):
        """The address of a person of the journey: `agent`."""
        return next(address for address in self.passwords if address.startswith(f"{name}@"))


@contextlib.contextmanager
def running():
    """A stack for as long as the block runs; it is stopped and its data is removed."""
    local = pathlib.Path(os.environ.get("ALE_LOCAL", ROOT / ".local")) / "browser"
    stack = Stack(local, pathlib.Path(os.environ.get("ALE_BIN", ROOT / ".build/debug")))
    try:
        stack.start()
        yield stack
    finally:
        subprocess.run(["Tools/stack.sh", "clean"], cwd=ROOT, env=stack.environment, stdout=subprocess.DEVNULL, check=False)
