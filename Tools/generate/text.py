"""Proto text: what a source says, taken apart by the places protoc gives, and messages written anew."""

import names

LIMIT = 120


class Text:
    """The text of one proto file beside its descriptor."""

    def __init__(self, file, text: str):
        self.file = file
        self.lines = text.splitlines()
        self.locations = {tuple(location.path): location for location in file.source_code_info.location}

    def comment(self, *path: int) -> list[str]:
        """The comment before an element, as lines without indentation."""
        comment = self.locations[path].leading_comments
        return ["//" + line for line in comment.splitlines()]

    def lines_of(self, *path: int) -> range:
        """The lines of an element without its comment, counted from 0."""
        span = self.locations[path].span
        return range(span[0], (span[2] if len(span) == 4 else span[0]) + 1)

    def commented(self, *path: int) -> range:
        """The lines of an element with the comment and section marks before it."""
        lines = self.lines_of(*path)
        first = lines.start
        while first > 0 and self.lines[first - 1].lstrip().startswith("//"):
            first -= 1
        return range(first, lines.stop)

    def copy(self, lines: range) -> list[str]:
        return self.lines[lines.start : lines.stop]


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def values(message) -> tuple[list[str], list[str]]:
    """The set fields of an option as `name: value`: those of one value, and those of many."""
    single, many = [], []
    for field, value in message.ListFields():
        if field.label == field.LABEL_REPEATED:
            many += [f"{field.name}: {scalar(field, one)}" for one in value]
        else:
            single.append(f"{field.name}: {scalar(field, value)}")
    return single, many


def scalar(field, value) -> str:
    if field.message_type:
        single, many = values(value)
        return "{" + " ".join(single + many) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def wrapped(parts: list[str], indent: str) -> list[str]:
    """Parts on as few lines as they fit on."""
    lines = [indent + parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) <= LIMIT:
            lines[-1] += " " + part
        else:
            lines.append(indent + part)
    return lines


def field(kind: str, name: str, number: int, options) -> list[str]:
    """A field of a record with its dictionary, on one line where it fits."""
    single, many = values(options)
    start = f"  {kind} {name} = {number} [(ale.options.v1.field) = {{"
    line = start + " ".join(single + many) + "}];"
    if len(line) <= LIMIT:
        return [line]
    return [start] + wrapped(single, "    ") + ["    " + part for part in many] + ["  }];"]


def record_option(options) -> list[str]:
    single, many = values(options)
    return ["  option (ale.options.v1.record) = {"] + [f"    {part}" for part in single + many] + ["  };"]


def kind(field) -> str:
    """What stands before a field's name."""
    type_name = field.type_name.lstrip(".") or names.PROTO_TYPES[field.type]
    if field.label == field.LABEL_REPEATED:
        return "repeated " + type_name
    return "optional " + type_name if field.proto3_optional else type_name
