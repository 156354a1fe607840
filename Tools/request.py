#!/usr/bin/env python3
"""Sends one request to the local stack and prints the answer.

    Tools/request.sh SUBJECT [JSON] [--as PERSONA | --token TOKEN] [--timeout SECONDS]

    Tools/request.sh '$SRV.PING'
    Tools/request.sh ale.v1.onboarding.customer_accounts.list '{"pageSize": 3}' --as agent

It is an outside client like any other: the NATS user `client`, JSON in, JSON out, the token in the header
Authorization. `$SRV` subjects are answered by every instance: all answers within the time are printed. What an answer
warns of is printed to the standard error output.
Ends with 0 when the answer is no error, with 1 otherwise.
"""
import argparse
import asyncio
import json
import os
import pathlib
import sys
import urllib.parse

import nats
import nats.errors

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOCAL = pathlib.Path(os.environ.get("ALE_LOCAL", ROOT / ".local"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subject")
    parser.add_argument("json", nargs="?", default="{}")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--as", dest="persona", help="a person of the journey whose token `make run` left in .local/tokens")
    who.add_argument("--token", default=os.environ.get("ALE_TOKEN"))
    parser.add_argument("--timeout", type=float, default=10.0)
    return parser.parse_args()


def token(options):
    if not options.persona:
        return options.token
    path = LOCAL / "tokens" / options.persona
    if not path.exists():
        known = ", ".join(sorted(p.name for p in path.parent.glob("*"))) or "none yet: `make run` makes them"
        sys.exit(f"there is no token for {options.persona}; tokens: {known}")
    return path.read_text().strip()


def show(message):
    """Prints one answer; says whether it is an error."""
    headers = message.headers or {}
    code = headers.get("Nats-Service-Error-Code") or headers.get("Status")
    if code:
        said = urllib.parse.unquote(headers.get("Nats-Service-Error") or headers.get("Description") or "")
        print(f"error {code}: {said}", file=sys.stderr)
    for warning in filter(None, headers.get("Ale-Warning", "").split(",")):
        rule, field, text = (warning.strip().split(" ", 2) + ["", ""])[:3]
        print(f"warning {rule}: {urllib.parse.unquote(text)} ({field})", file=sys.stderr)
    try:
        print(json.dumps(json.loads(message.data), indent=2, ensure_ascii=False))
    except ValueError:
        print(message.data.decode("utf-8", "replace"))
    return bool(code)


async def ask_all(connection, options):
    """Every answer that comes within half a second of the one before."""
    inbox = connection.new_inbox()
    subscription = await connection.subscribe(inbox)
    await connection.publish(options.subject, b"", reply=inbox)
    answered = False
    while True:
        try:
            message = await subscription.next_msg(timeout=0.5)
            if (message.headers or {}).get("Status") == "503":
                raise nats.errors.NoRespondersError
            show(message)
            answered = True
        except nats.errors.TimeoutError:
            return not answered


# What the connection has complained of, a subject that the client may not use for example.
troubles = []


async def connect():
    """A connection as the outside client, or the end with a sentence that says what to do."""

    async def remember(error):
        """The library would print each attempt; the sentence at the end says it once."""
        troubles.append(str(error))

    try:
        ports = dict(line.split("=") for line in (LOCAL / "ports").read_text().split())
        return await asyncio.wait_for(
            nats.connect(
                f"nats://127.0.0.1:{ports['NATS_PORT']}", user="client", inbox_prefix=b"_INBOX.client",
                password=(LOCAL / "secrets" / "nats-client.password").read_text().strip(), allow_reconnect=False,
                error_cb=remember),
            timeout=3)
    except (OSError, asyncio.TimeoutError, nats.errors.Error):
        sys.exit(f"the stack in {LOCAL} does not run: start it with `make run`")


async def main():
    options = arguments()
    connection = await connect()
    try:
        if options.subject.startswith("$SRV."):
            return await ask_all(connection, options)
        headers = {"Content-Type": "application/json"}
        bearer = token(options)
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            json.loads(options.json)
        except ValueError as error:
            sys.exit(f"the request is not JSON: {error}")
        answer = await connection.request(options.subject, options.json.encode(), options.timeout, headers=headers)
        return show(answer)
    except nats.errors.NoRespondersError:
        sys.exit(f"nobody answers {options.subject}: is the stack running (make status), and the subject right?")
    except nats.errors.TimeoutError:
        sys.exit(f"no answer to {options.subject} within {options.timeout:g} s {' '.join(troubles[-1:])}".rstrip())
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(main()) else 0)
