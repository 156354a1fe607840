"""Writes the complete protos, which any language can compile, from proto/source. Called by Tools/proto.sh.

usage: python3 Tools/generate/complete.py DESCRIPTOR_SET OPTIONS_DIR SOURCE_DIR OUT_DIR
"""

import importlib
import os
import re
import sys

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as F

import names
import text
from refused import Refused

FOLDER = "ale/shapes/v1/"
SHAPES = FOLDER + "shapes.proto"
TIMESTAMP = ".google.protobuf.Timestamp"
# What is published of a record, beyond that it was created, updated or deleted.
EVENTS = {
    "close": "closed", "cancel": "canceled", "reopen": "reopened", "add_comment": "commented",
    "add_work_note": "noted",
}
# The verbs of a record that has attachments.
ATTACHMENTS = [
    "begin_attachment", "append_attachment", "complete_attachment", "list_attachments", "read_attachment",
    "update_attachment", "delete_attachment",
]
# The verbs of a record that ends.
ENDS = {"close", "cancel", "reopen"}


class Record:
    """A record of a source with what its option leaves out."""

    def __init__(self, options_module, file, message):
        self.name = message.name
        self.message = message
        self.package = file.package
        where = f"{file.package}.{message.name}"
        option = message.options.Extensions[options_module.record]
        self.verbs = " ".join(option.verbs).split() + (ATTACHMENTS if option.attachments else [])
        self.internal = option.internal
        self.options = type(option)()
        self.options.CopyFrom(option)
        self.options.ClearField("verbs")
        self.options.ClearField("internal")
        self.options.table = option.table or names.snake(message.name)
        self.options.collection = option.collection or self.options.table + "s"
        self.options.service = option.service or file.package.split(".")[1].replace("_", "-")
        self.options.ClearField("events")
        self.options.events.extend(["created", "updated", "deleted"])
        self.options.events.extend(EVENTS[verb] for verb in EVENTS if verb in self.verbs)
        self.options.events.extend(option.events)
        low = next((field.name for field in message.field if field.number < 10), None)
        if low:
            raise Refused(f"{where}.{low}: the numbers below 10 are for the fields that every record begins with")
        own = {field.name for field in message.field}
        # The shapes whose fields it has besides its own, unless it says them by hand, under numbers of its own.
        self.parts = ["NumberedThing"] if option.number_prefix and "number" not in own else []
        self.parts += ["EndedThing"] if ENDS.intersection(self.verbs) and "active" not in own else []
        self.fields = options_module.field
        self.spellings = {
            "Things": names.upper_camel(self.options.collection), "Thing": message.name,
            "things": self.options.collection, "thing": self.options.table,
        }

    def named(self, line: str) -> str:
        """A line of the shapes with this record's names."""
        return re.sub(r"Things|Thing|\bthings\b|\bthing\b", lambda found: self.spellings[found[0]], line)

    def field_options(self, field, is_own: bool):
        options = type(field.options.Extensions[self.fields])()
        options.CopyFrom(field.options.Extensions[self.fields])
        options.type = options.type or dictionary_type(field, options)
        if self.internal and options.customer_visible:
            if is_own:
                raise Refused(f"{self.package}.{self.name}.{field.name}: customer_visible in an internal record")
            options.customer_visible = False
        return options


def dictionary_type(field, options) -> str:
    """The dictionary's type of a field that does not say it."""
    if field.label == F.LABEL_REPEATED:
        return "list_of_users" if options.side else "list_of_references" if options.reference else ""
    if options.choices:
        return "choice"
    if options.reference:
        return "reference"
    known = {F.TYPE_BOOL: "boolean", F.TYPE_STRING: "string", F.TYPE_INT32: "integer", F.TYPE_INT64: "integer"}
    return "datetime" if field.type_name == TIMESTAMP else known.get(field.type, "")


class Shapes:
    """The file of shapes: what every record begins with, the requests, the rpcs."""

    def __init__(self, source: text.Text, options_module):
        self.source = source
        self.messages = {message.name: index for index, message in enumerate(source.file.message_type)}
        self.rpcs = {}
        for index, method in enumerate(source.file.service[0].method):
            subject = method.options.Extensions[options_module.method].subject
            self.rpcs[subject.split(".")[1]] = (index, method)

    def check(self, record: Record) -> None:
        where = f"{record.package}.{record.name}"
        unknown = [verb for verb in record.verbs if verb not in self.rpcs]
        if unknown:
            raise Refused(f"{where}: no verb is called {unknown[0]}")
        if not record.verbs:
            raise Refused(f"{where}: its record option names no verbs")

    def fields(self, record: Record, shape: str = "Thing") -> list[str]:
        index = self.messages[shape]
        return fields(self.source, index, self.source.file.message_type[index], record, is_own=False)

    def requests(self, record: Record) -> list[str]:
        """The requests and pages of a record's verbs."""
        methods = [method for verb, (_, method) in self.rpcs.items() if verb in record.verbs]
        used = {kind.split(".")[-1] for method in methods for kind in (method.input_type, method.output_type)}
        out = []
        for name, index in self.messages.items():
            if name in used and name != "Thing":
                out += [""] + [record.named(line) for line in self.source.copy(self.source.commented(4, index))]
        return out

    def methods(self, record: Record) -> dict[str, list[str]]:
        """The rpcs of a record's verbs by their names, in the order of the shapes."""
        out = {}
        for verb, (index, method) in self.rpcs.items():
            if verb not in record.verbs:
                continue
            lines = [record.named(line) for line in self.source.copy(self.source.commented(6, 0, 2, index))]
            if verb == "list" and record.options.newest_first:
                lines[0] = lines[0].removesuffix(".") + "; the newest first."
            out[record.named(method.name)] = lines
        return out


def fields(source: text.Text, index: int, message, record: Record, is_own: bool) -> list[str]:
    out = []
    for place, field in enumerate(message.field):
        options = record.field_options(field, is_own)
        out += ["  " + line for line in source.comment(4, index, 2, place)]
        out += text.field(text.kind(field), field.name, field.number, options)
    return out


def reserved(message) -> list[str]:
    """The numbers and names that are never used again."""
    numbers = [f"{used.start} to {used.end - 1}" if used.end - used.start > 1 else str(used.start)
               for used in message.reserved_range]
    spelled = [text.quoted(name) for name in message.reserved_name]
    return [f"  reserved {', '.join(used)};" for used in (numbers, spelled) if used]


class Completion:
    """Makes the complete file of every source."""

    def __init__(self, descriptor_set: bytes, options_dir: str, source_dir: str):
        sys.path.insert(0, options_dir)
        self.options = importlib.import_module("ale.options.v1.options_pb2")
        files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
        self.sources = {}
        for file in files:
            if file.package.startswith("ale."):
                with open(os.path.join(source_dir, file.name), encoding="utf-8") as opened:
                    self.sources[file.name] = text.Text(file, opened.read())
        self.shapes = Shapes(self.sources.pop(SHAPES), self.options)
        # What a service may take besides, by name.
        shared = [name for name in self.sources if name.startswith(FOLDER)]
        self.shared = {name[len(FOLDER) : -len(".proto")]: self.sources.pop(name) for name in shared}
        self.records = {}
        for name, source in self.sources.items():
            marked = [m for m in source.file.message_type if m.options.HasExtension(self.options.record)]
            self.records[name] = [Record(self.options, source.file, message) for message in marked]
            for record in self.records[name]:
                self.shapes.check(record)

    def files(self) -> dict[str, str]:
        return {name: "\n".join(self.file(source)) + "\n" for name, source in self.sources.items()}

    def file(self, source: text.Text) -> list[str]:
        parts = [(source.lines_of(3, index), []) for index in range(len(source.file.dependency))]
        imports = [f'import "{name}";' for name in self.imports(source.file)]
        if parts:
            parts[0] = (parts[0][0], imports)
        records = {record.name: record for record in self.records[source.file.name]}
        for index, message in enumerate(source.file.message_type):
            if message.name in records:
                parts.append((source.lines_of(4, index), self.record(source, index, records[message.name])))
        for index, service in enumerate(source.file.service):
            parts.append((source.lines_of(6, index), self.service(source, index, service)))
        out = [f"// Generated by Tools/generate from proto/source/{source.file.name}; do not edit, run `make proto`.", ""]
        place = 0
        for lines, replacement in sorted(parts, key=lambda part: part[0].start):
            out += source.lines[place : lines.start] + replacement
            place = lines.stop
        return out + source.lines[place:]

    def imports(self, file) -> list[str]:
        """What a complete file imports: what its source does, and what its records and their rpcs need."""
        needed = set(file.dependency)
        records = self.records[file.name]
        if records:
            needed |= {"google/protobuf/timestamp.proto"}
        if any("update" in verb for record in records for verb in record.verbs):
            needed |= {"google/protobuf/field_mask.proto"}
        if file.service:
            served = self.served(file)
            needed |= {name for name, records in self.records.items() if set(records) & set(served)}
            verbs = {verb for record in served for verb in record.verbs}
            kinds = {kind for verb in verbs for kind in self.kinds(self.shapes.rpcs[verb][1])}
            for part in self.taken(file.service[0]):
                kinds |= {kind for method in part.file.service[0].method for kind in self.kinds(method)}
            for name, source in self.sources.items():
                messages = {f".{source.file.package}.{message.name}" for message in source.file.message_type}
                needed |= {name} if messages & kinds else set()
        return sorted(needed - {file.name})

    def taken(self, service) -> list[text.Text]:
        """The shared modules that a service has."""
        names_taken = service.options.Extensions[self.options.service].takes
        unknown = [name for name in names_taken if name not in self.shared]
        if unknown:
            raise Refused(f"{service.name}: no shared module is called {unknown[0]}")
        return [self.shared[name] for name in names_taken]

    @staticmethod
    def kinds(method) -> set[str]:
        return {method.input_type, method.output_type}

    def served(self, file) -> list[Record]:
        """The records of the package of a service's file, in the order of files and messages."""
        return [record for name in sorted(self.records) for record in self.records[name]
                if record.package == file.package]

    def record(self, source: text.Text, index: int, record: Record) -> list[str]:
        out = [f"message {record.name} {{"] + text.record_option(record.options) + [""]
        out += self.shapes.fields(record) + fields(source, index, record.message, record, is_own=True)
        for part in record.parts:
            out += self.shapes.fields(record, part)
        return out + reserved(record.message) + ["}"] + self.shapes.requests(record)

    def service(self, source: text.Text, index: int, service) -> list[str]:
        """The rpcs of the records' verbs, then those the source declares. What both have is the source's."""
        own = {method.name: source.commented(6, index, 2, place) for place, method in enumerate(service.method)}
        out, placed = [f"service {service.name} {{"], set()
        for record in self.served(source.file):
            out += [f"  // --- {record.options.collection}", ""]
            for name, lines in self.shapes.methods(record).items():
                out += source.copy(own[name]) if name in own else lines
                placed.add(name)
            out.append("")
        for part in self.taken(service):
            body = part.lines_of(6, 0)
            out += ["  // --- " + part.file.service[0].name.lower(), ""]
            out += part.copy(range(body.start + 1, body.stop - 1)) + [""]
        body = source.lines_of(6, index)
        dropped = {line for name in placed & own.keys() for line in own[name]}
        rest = [source.lines[line] for line in range(body.start + 1, body.stop) if line not in dropped]
        while not rest[0]:
            rest.pop(0)
        return (out if len(rest) > 1 else out[:-1]) + rest


def main() -> int:
    descriptor_set, options_dir, source_dir, out_dir = sys.argv[1:]
    try:
        with open(descriptor_set, "rb") as file:
            files = Completion(file.read(), options_dir, source_dir).files()
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 1
    for name, content in files.items():
        path = os.path.join(out_dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
