"""Sorts what is generated into files."""

import collections
import os

import conformances
import names
import swift
from model import Model


def folder(package: str) -> str:
    return names.upper_camel(package.split(".")[1])


def stem(item) -> str:
    """The file of a message that belongs to no record: package and proto file, unless they say the same."""
    base = names.upper_camel(os.path.basename(item.file)[: -len(".proto")])
    prefix = folder(item.package)
    return base if base.startswith(prefix) else prefix + base


def swift_files(model: Model) -> dict[str, str]:
    """Path below Shared/Wire/Generated -> content."""
    values = collections.defaultdict(list)
    codecs = collections.defaultdict(list)
    sources = {}
    for item in model.enums.values():
        path = f"{folder(item.package)}/{stem(item)}"
        sources[path] = item.file
        values[path] += swift.enum(item)
    for message in model.messages.values():
        field = conformances.resource(model, message)
        if message.record:
            path = f"{folder(message.package)}/{message.swift}"
        elif field is not None:
            path = f"{folder(message.package)}/{model.messages[field.message].swift}Requests"
        else:
            path = f"{folder(message.package)}/{stem(message)}"
        sources[path] = message.file
        values[path] += swift.struct(message) + conformances.shape(model, message)
        codecs[path] += swift.codec(message)
        if message.record:
            out = swift.header(message.file, False) + swift.schema(message) + conformances.verbs(model, message)
            values[path + "+Schema"] = out
    files = {}
    for path, lines in values.items():
        if path in sources:
            lines = swift.header(sources[path], False) + lines
        files[path + ".swift"] = lines
    for path, lines in codecs.items():
        files[path + "+Wire.swift"] = swift.header(sources[path], True) + lines
    for service in model.services:
        path = f"{folder(service.package)}/{service.swift}.swift"
        files[path] = swift.header(service.file, False) + swift.api(model, service)
    files["Catalog.swift"] = swift.header("ale", False) + swift.catalog(model)
    return {path: "\n".join(lines).rstrip() + "\n" for path, lines in files.items()}


def subjects(model: Model) -> str:
    """docs/subjects.md."""
    out = ["# Subjects", "", "Generated from `proto/` by `make proto`; do not edit.", "",
           "A request is a message on its subject; a payload that begins with `{` is protobuf-JSON and is answered in "
           "JSON. Types are in `proto/`.", "",
           "The answer to a write may have a header `Ale-Warning`: what the caller should know about a write that was "
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
