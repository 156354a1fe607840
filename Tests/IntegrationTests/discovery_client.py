"""A foreign NATS client looks at a service of ours: nats-py reads the discovery answers into its own types, jsonschema
checks them against the published micro schemas, and requests are made in JSON by hand.

    discovery_client.py URL SERVICE SUBJECT SCHEMAS

SUBJECT answers ale.common.v1.GetRequest with itself; the id "bad" is answered NOT_FOUND. SCHEMAS is the folder with
micro-<verb>-response.schema.json. Prints one line per fact and ends with status 0 when all hold.
"""

import asyncio
import json
import sys

import jsonschema
import nats
from nats.micro.service import ServiceInfo, ServicePing, ServiceStats

LIMIT = 20  # seconds for one answer: the machine may be busy with other tests
KINDS = {"ping": ServicePing, "info": ServiceInfo, "stats": ServiceStats}


def check(fact, holds, found=""):
    if not holds:
        sys.exit(f"not so: {fact}: {found}")
    print(fact)


def validate(answer, schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(
        answer, schema, cls=jsonschema.Draft202012Validator, format_checker=jsonschema.FormatChecker()
    )


async def everybody(connection, subject, expected):
    """All answers to a question that every instance hears: as many as expected, and a moment for one too many."""
    inbox = connection.new_inbox()
    subscription = await connection.subscribe(inbox)
    await connection.publish(subject, b"", reply=inbox)
    answers = []
    try:
        while True:
            limit = LIMIT if len(answers) < expected else 0.2
            answers.append(json.loads((await subscription.next_msg(timeout=limit)).data))
    except nats.errors.TimeoutError:
        return answers


async def discovery(connection, service, subject, schemas):
    for verb, kind in KINDS.items():
        with open(f"{schemas}/micro-{verb}-response.schema.json", encoding="utf-8") as file:
            schema = json.load(file)
        ids = set()
        for asked in (f"$SRV.{verb.upper()}", f"$SRV.{verb.upper()}.{service}"):
            answers = await everybody(connection, asked, 2)
            check(f"both instances answer {asked}", len(answers) == 2, answers)
            for answer in answers:
                validate(answer, schema)
                found = kind.from_dict(answer)
                check(f"{verb} is read by nats-py", found.name == service and found.version == "1.2.3", found)
                ids.add(found.id)
        check(f"{verb}: an id per instance", len(ids) == 2, ids)
        for instance in ids:
            answers = await everybody(connection, f"$SRV.{verb.upper()}.{service}.{instance}", 1)
            check(f"{verb}: one instance by its id", [a["id"] for a in answers] == [instance], answers)
            if verb == "info":
                endpoint = ServiceInfo.from_dict(answers[0]).endpoints[0]
                check("the endpoint is described", endpoint.subject == subject and endpoint.queue_group == "q", endpoint)
        # A wrong name or id is nobody's.
        for asked in (f"$SRV.{verb.upper()}.nobody", f"$SRV.{verb.upper()}.{service}.nobody"):
            try:
                await connection.request(asked, timeout=LIMIT)
                sys.exit(f"somebody answered {asked}")
            except nats.errors.NoRespondersError:
                pass


async def requests(connection, service, subject):
    good = await connection.request(subject, b'{"id":"good"}', timeout=LIMIT)
    check("JSON is answered in JSON", json.loads(good.data) == {"id": "good"}, good.data)
    check("no error headers", "Nats-Service-Error" not in (good.headers or {}), good.headers)
    binary = await connection.request(subject, b"\x0a\x04good", timeout=LIMIT)
    check("protobuf is answered in protobuf", binary.data == b"\x0a\x04good", binary.data)
    bad = await connection.request(subject, b'{"id":"bad"}', timeout=LIMIT, headers={"Accept-Language": "ko"})
    check("the code is a number", int(bad.headers["Nats-Service-Error-Code"]) > 0, bad.headers)
    check("the error is a text", bad.headers["Nats-Service-Error"] != "", bad.headers)
    body = json.loads(bad.data)
    check("the body is a status", body["code"] == 5 and body["message"] == "없음.", body)
    for wrong in (b'{"id":', b'{"no_such_field":1}', b"\xff\xff"):
        answer = await connection.request(subject, wrong, timeout=LIMIT)
        check(f"{wrong!r} is refused", "Nats-Service-Error-Code" in (answer.headers or {}), answer.headers)
    counted = sum(
        endpoint.num_requests
        for answer in await everybody(connection, f"$SRV.STATS.{service}", 2)
        for endpoint in ServiceStats.from_dict(answer).endpoints
    )
    check("every request is counted once", counted == 6, counted)


async def main(url, service, subject, schemas):
    connection = await nats.connect(url, connect_timeout=LIMIT)
    await discovery(connection, service, subject, schemas)
    await requests(connection, service, subject)
    await connection.close()


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 100))
