"""Sorts what is generated into files."""

import collections
import os

import conformances
import names
import request_fields
import shared_fields
import swift
from model import Model


def stem(item) -> str:
    """The file of a message that belongs to no record: package and proto file, unless they say the same."""
    base = names.upper_camel(os.path.basename(item.file)[: -len(".proto")])
    prefix = names.folder(item.package)
    return base if base.startswith(prefix) else prefix + base


def swift_files(model: Model) -> dict[str, str]:
    """Path, which begins with the module -> content."""
    values = collections.defaultdict(list)
    codecs = collections.defaultdict(list)
    sources = {}
    borrowed = collections.defaultdict(set)
    for item in model.enums.values():
        path = f"{names.module(item.package)}/{stem(item)}"
        sources[path] = item
        values[path] += swift.enum(item)
    for message in model.messages.values():
        field, module = conformances.resource(model, message), names.module(message.package)
        if message.record:
            path = f"{module}/{message.swift}"
        elif field is not None:
            path = f"{module}/{model.messages[field.message].swift}Requests"
        else:
            path = f"{module}/{stem(message)}"
        sources[path] = message
        borrowed[path] |= swift.borrowed(model, message.package, (field.message for field in message.fields))
        values[path] += swift.struct(message) + conformances.shape(model, message)
        codecs[path] += swift.codec(message)
        if message.record:
            out = swift.header(message, False) + swift.schema(model, message) + conformances.verbs(model, message)
            out += swift.keys(message)
            values[path + "+Schema"] = out
        else:
            values[path] += swift.constants(message)
            if field is None:
                values[path] += request_fields.lines(message)
    files = {f"{names.WIRE}/SharedFields.swift": shared_fields.protocols().splitlines()}
    for path, lines in values.items():
        if path in sources:
            lines = swift.header(sources[path], False, sorted(borrowed[path])) + lines
        files[path + ".swift"] = lines
    for path, lines in codecs.items():
        files[path + "+Wire.swift"] = swift.header(sources[path], True, sorted(borrowed[path])) + lines
    for service in model.services:
        path = f"{names.module(service.package)}/{service.swift}.swift"
        kinds = (kind for rpc in service.rpcs for kind in (rpc.request, rpc.response))
        more = sorted(swift.borrowed(model, service.package, kinds))
        files[path] = swift.header(service, False, more) + swift.api(model, service)
    for item in {item.package: item for item in sources.values()}.values():
        path = f"{names.module(item.package)}/{names.folder(item.package)}Catalog.swift"
        files[path] = swift.header(item, False) + swift.catalog(model, item.package)
    return {path: "\n".join(lines).rstrip() + "\n" for path, lines in files.items()}


def subjects(model: Model) -> str:
    """docs/subjects.md."""
    out = ["# Subjects", "", "Generated from `proto/` by `make proto`; do not edit.", "",
           "A request is a message on its subject; a payload that begins with `{` is protobuf-JSON and is answered in "
           "JSON. Types are in `proto/`.", "",
           "An error has its gRPC code in the header `Nats-Service-Error-Code` and its name with a sentence in English in "
           "`Nats-Service-Error`, percent-encoded like `grpc-message` (UTF-8; bytes outside `0x20`–`0x7E` and `%` as "
           "`%XX`); the body has the sentence in the caller's language ([0001](adr/0001-micro-protocol-on-libnats.md)).",
           "", "The answer to a write may have a header `Ale-Warning`: what the caller should know about a write that was "
           "done all the same. Its value is a list, separated by `, `, of `<rule> <field> <message>`, separated by one "
           "blank each; the message is in the caller's language and percent-encoded like `grpc-message` (UTF-8; bytes "
           "outside `0x20`–`0x7E`, `%` and `,` as `%XX`). Answers of batches have warnings beside each record instead "
           "([0014](adr/0014-warnings.md)).", "", "## Requests", ""]
    for service in sorted(model.services, key=lambda service: service.service):
        out += [f"### {service.service}", "", "| subject | request | response | what it does |", "|---|---|---|---|"]
        for rpc in service.rpcs:
            request, response = rpc.request.split(".")[-1], rpc.response.split(".")[-1]
            summary = rpc.summary.replace("|", "\\|")
            out.append(f"| `{rpc.subject}` | `{request}` | `{response}` | {summary} |")
        out.append("")
    out += ["## Events", "",
            "Published after the fact, at least once, in order for each record. `<domain>` is the path of the record's "
            "domain with its segments joined by `_`, and `_` for the root.", "",
            "| subject | when |", "|---|---|"]
    records = [message for message in model.messages.values() if message.record]
    for message in sorted(records, key=lambda m: (m.record.service, m.record.table)):
        for event in message.record.events:
            subject = f"ale.v1.events.<domain>.{message.record.service}.{message.record.table}.{event}"
            label = message.record.label.en or message.swift
            out.append(f"| `{subject}` | {label}: {event.replace('_', ' ')} |")
    return "\n".join(out) + "\n"
