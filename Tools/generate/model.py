"""The protos as the emitters want them: checked, with names, comments and dictionary options resolved."""

import dataclasses
import importlib
import sys

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as F

import names
from refused import Refused

TIMESTAMP = "google.protobuf.Timestamp"
FIELD_MASK = "google.protobuf.FieldMask"
FIELD_TYPES = set(
    """
    string text integer decimal boolean date datetime choice reference list_of_references list_of_users journal
    currency email url json table_name field_name document_id script attachment list_of_roles
    """.split()
)
# On which side a person named by a field stands.
SIDES = {"provider", "customer", "any"}
# What a text follows beyond its type.
FORMATS = {"country", "currency_code", "time_zone"}
# Packages whose messages those of every service may hold: they are no service's own.
SHARED = ("ale.common.v1.", "ale.playbooks.v1.", "ale.recommended_actions.v1.")
# Proto type -> (Swift type, C type as Swift sees it, method of JSONReader).
SCALARS = {
    F.TYPE_INT32: ("Int32", "Int32", "int32"),
    F.TYPE_SINT32: ("Int32", "Int32", "int32"),
    F.TYPE_SFIXED32: ("Int32", "Int32", "int32"),
    F.TYPE_INT64: ("Int64", "Int64", "int64"),
    F.TYPE_SINT64: ("Int64", "Int64", "int64"),
    F.TYPE_SFIXED64: ("Int64", "Int64", "int64"),
    F.TYPE_UINT32: ("UInt32", "UInt32", "uint32"),
    F.TYPE_FIXED32: ("UInt32", "UInt32", "uint32"),
    F.TYPE_UINT64: ("UInt64", "UInt64", "uint64"),
    F.TYPE_FIXED64: ("UInt64", "UInt64", "uint64"),
    F.TYPE_FLOAT: ("Float", "Float", "float"),
    F.TYPE_DOUBLE: ("Double", "Double", "double"),
}


@dataclasses.dataclass
class Enum:
    full_name: str
    swift: str
    comment: str
    values: list  # (proto name, Swift case, number, comment)
    c_raw: str  # Swift's raw type of the C enum
    file: str
    package: str


@dataclasses.dataclass
class Field:
    name: str
    swift: str
    json: str
    c: str
    comment: str
    kind: str  # string, bytes, bool, scalar, enum, message
    type: int
    swift_type: str  # of one value
    reader: str  # method of JSONReader for one value
    repeated: bool
    optional: bool  # has presence
    message: str  # full name of the message, or ""
    options: object  # FieldOptions or None
    enum: object = None

    @property
    def storage(self) -> str | None:
        """The case of FieldStorage, None when a record cannot show the field."""
        if self.repeated:
            return "strings" if self.kind == "string" else None
        if self.message == TIMESTAMP:
            return "timestamp"
        if self.kind == "scalar":
            return "int" if self.swift_type in ("Int32", "Int64", "UInt32") else None
        return {"string": "string", "bool": "bool"}.get(self.kind)

    @property
    def limits(self) -> list:
        """What the dictionary says of the values, as arguments of FieldSchema in Swift."""
        said = [f"side: .{self.options.side}"] if self.options.side else []
        if self.options.format:
            said.append(f"format: .{names.lower_camel(self.options.format)}")
        bounds = (bound for bound in ("minimum", "maximum") if self.options.HasField(bound))
        said += [f"{bound}: {getattr(self.options, bound)}" for bound in bounds]
        if self.options.not_before:
            said.append(f'notBefore: "{self.options.not_before}"')
        if self.options.titles:
            said.append(f"titles: {names.swift_list(self.options.titles)}")
        return said + (["keptAsName: true"] if self.options.kept_as_name else [])


@dataclasses.dataclass
class Message:
    full_name: str
    swift: str
    comment: str
    fields: list
    record: object  # RecordOptions or None
    table: str  # that its rows are of, where it is no record; or ""
    file: str
    package: str

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


@dataclasses.dataclass
class Rpc:
    name: str
    subject: str
    summary: str
    comment: str
    request: str
    response: str
    options: object  # its MethodOptions


@dataclasses.dataclass
class Service:
    swift: str
    service: str
    comment: str
    rpcs: list
    file: str
    package: str


@dataclasses.dataclass
class Model:
    messages: dict
    enums: dict
    services: list

    def verbs(self, message) -> list[str]:
        """What the service of a record answers for it, in the order of its rpcs."""
        subjects = [rpc.subject.split(".") for service in self.services if service.package == message.package
                    for rpc in service.rpcs]
        return [subject[-1] for subject in subjects if subject[-2] == message.record.collection]


def first_sentence(comment: str) -> str:
    """The first sentence of a comment, on one line."""
    text = " ".join(comment.split())
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


class Loader:
    """Reads a descriptor set; the options module is the Python code protoc made of options.proto."""

    def __init__(self, descriptor_set: bytes, options_dir: str):
        sys.path.insert(0, options_dir)
        try:
            self.options = importlib.import_module("ale.options.v1.options_pb2")
        except ModuleNotFoundError:
            self.options = None
        self.files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
        self.model = Model({}, {}, [])
        self.swift_names = {}

    def load(self) -> Model:
        own = [f for f in self.files if f.package.startswith("ale.") and f.package != "ale.options.v1"]
        for file in own:
            if file.syntax != "proto3":
                raise Refused(f"{file.name}: only proto3 is supported")
            comments = {tuple(l.path): l.leading_comments for l in file.source_code_info.location}
            for index, enum in enumerate(file.enum_type):
                self.enum(file, enum, comments, (5, index))
        for file in own:
            comments = {tuple(l.path): l.leading_comments for l in file.source_code_info.location}
            for index, message in enumerate(file.message_type):
                self.message(file, message, comments, (4, index))
        for file in own:
            comments = {tuple(l.path): l.leading_comments for l in file.source_code_info.location}
            for index, service in enumerate(file.service):
                self.service(file, service, comments, (6, index))
        self.refuse_recursion()
        return self.model

    def claim(self, swift: str, where: str, package: str) -> str:
        """Takes a name in the module of a package: two services may have one name, with Wire nobody shares one."""
        if swift in names.SWIFT_TYPES:
            raise Refused(f"{where}: the name {swift} is taken in Swift, choose another")
        module = names.module(package)
        taken = self.swift_names.setdefault(swift, {})
        for other, holder in taken.items():
            if names.WIRE in (module, other) or module == other:
                raise Refused(f"{where}: {holder} already has the Swift name {swift}, choose another")
        taken[module] = where
        return swift

    def enum(self, file, enum, comments, path) -> None:
        full = f"{file.package}.{enum.name}"
        prefix = names.snake(enum.name).upper() + "_"
        values = []
        for index, value in enumerate(enum.value):
            short = value.name[len(prefix) :] if value.name.startswith(prefix) else value.name
            case = names.quoted(names.lower_camel(short.lower()))
            values.append((value.name, case, value.number, comments.get(path + (2, index), "").strip()))
        if len({value[2] for value in values}) != len(values):
            raise Refused(f"{full}: two names for one number")
        raw = "Int32" if any(value[2] < 0 for value in values) else "UInt32"
        comment = comments.get(path, "").strip()
        self.model.enums[full] = Enum(
            full, self.claim(enum.name, full, file.package), comment, values, raw, file.name, file.package
        )

    def message(self, file, message, comments, path) -> None:
        full = f"{file.package}.{message.name}"
        for nested in message.nested_type:
            what = "a map" if nested.options.map_entry else "a nested message"
            raise Refused(f"{full}: {what} ({nested.name}); declare a message at the top of the file instead")
        if message.enum_type:
            raise Refused(f"{full}: a nested enum ({message.enum_type[0].name}); declare it at the top of the file")
        real_oneofs = {f.oneof_index for f in message.field if f.HasField("oneof_index") and not f.proto3_optional}
        if real_oneofs:
            raise Refused(f"{full}: a oneof ({message.oneof_decl[min(real_oneofs)].name}); use optional fields")
        if len(message.field) > 128:
            raise Refused(f"{full}: more than 128 fields")
        siblings = {field.name for field in message.field}
        fields = [
            self.field(full, file.package, field, siblings, comments.get(path + (2, index), "").strip())
            for index, field in enumerate(message.field)
        ]
        for attribute in ("swift", "json"):
            spelled = [getattr(field, attribute) for field in fields]
            if len(set(spelled)) != len(spelled):
                raise Refused(f"{full}: two fields have the same {attribute} name")
        record = None
        if self.options and message.options.HasExtension(self.options.record):
            record = message.options.Extensions[self.options.record]
        table = message.options.Extensions[self.options.table] if self.options else ""
        comment = comments.get(path, "").strip()
        self.model.messages[full] = Message(
            full, self.claim(message.name, full, file.package), comment, fields, record, table, file.name, file.package
        )
        if record:
            self.check_record(self.model.messages[full])

    def field(self, full, package, field, siblings, comment) -> Field:
        where = f"{full}.{field.name}"
        if field.name != field.name.lower() or field.name.endswith("_") or "__" in field.name:
            raise Refused(f"{where}: field names are lower_snake_case")
        target = field.type_name.lstrip(".")
        if target.startswith("ale.") and not target.startswith((package + ".",) + SHARED):
            raise Refused(f"{where}: {target} belongs to another service")
        kind, swift_type, reader, message, enum = "", "", "", "", None
        if field.type in SCALARS:
            kind, (swift_type, _, reader) = "scalar", SCALARS[field.type]
        elif field.type == F.TYPE_BOOL:
            kind, swift_type, reader = "bool", "Bool", "bool"
        elif field.type == F.TYPE_STRING:
            kind, swift_type, reader = "string", "String", "string"
        elif field.type == F.TYPE_BYTES:
            kind, swift_type, reader = "bytes", "[UInt8]", "bytes"
        elif field.type == F.TYPE_ENUM:
            if target not in self.model.enums:
                raise Refused(f"{where}: the enum {target} is not one of ours")
            kind, enum, reader = "enum", self.model.enums[target], "enumeration"
            swift_type = enum.swift
        elif field.type == F.TYPE_MESSAGE:
            kind, message = "message", target
            swift_type = target.split(".")[-1]
            reader = {TIMESTAMP: "timestamp", FIELD_MASK: "fieldMask"}.get(target, "object")
            if target.startswith("google.") and reader == "object":
                raise Refused(f"{where}: of google.protobuf only Timestamp and FieldMask are supported")
        else:
            raise Refused(f"{where}: groups are not supported")
        repeated = field.label == F.LABEL_REPEATED
        if repeated and message == FIELD_MASK:
            raise Refused(f"{where}: a list of field masks")
        options = None
        if self.options and field.options.HasExtension(self.options.field):
            options = field.options.Extensions[self.options.field]
            if kind == "string" and not repeated and options.type in ("decimal", "currency"):
                reader = "decimal"
        return Field(
            name=field.name, swift=names.swift_property(field.name), json=field.json_name,
            c=names.c_field(field.name, siblings), comment=comment, kind=kind, type=field.type,
            swift_type=swift_type, reader=reader, repeated=repeated,
            optional=not repeated and (field.proto3_optional or kind == "message"), message=message,
            options=options, enum=enum,
        )

    def check_record(self, message) -> None:
        for attribute in ("table", "collection", "service"):
            if not getattr(message.record, attribute):
                raise Refused(f"{message.full_name}: its record option has no {attribute}")
        for field in message.fields:
            where = f"{message.full_name}.{field.name}"
            if field.options is None:
                continue
            if field.options.type not in FIELD_TYPES:
                raise Refused(f"{where}: the dictionary has no type \"{field.options.type}\"")
            if field.options.side and (
                field.options.side not in SIDES
                or field.options.reference != "user" and field.options.type != "list_of_users"
            ):
                raise Refused(f"{where}: a side ({', '.join(sorted(SIDES))}) is for references to users")
            if field.options.format and (field.options.format not in FORMATS or field.options.type != "string"):
                raise Refused(f"{where}: a format ({', '.join(sorted(FORMATS))}) is for strings")
            bounded = field.options.HasField("minimum") or field.options.HasField("maximum")
            if bounded and field.options.type not in ("integer", "decimal", "currency"):
                raise Refused(f"{where}: bounds are for numbers")
            if field.options.not_before and field.options.type != "date":
                raise Refused(f"{where}: not_before is for dates")
            if field.options.not_before and not any(
                other.name == field.options.not_before and other.options and other.options.type == "date"
                for other in message.fields
            ):
                raise Refused(f"{where}: its not_before has no date \"{field.options.not_before}\"")
            if field.storage is None:
                raise Refused(f"{where}: a record's field is a string, a list of strings, a whole number, a boolean "
                              "or a Timestamp")

    def service(self, file, service, comments, path) -> None:
        # "ale.customer_success.v1" is served by "customer-success" under "ale.v1.customer-success.".
        _, package, version = file.package.split(".")
        name = package.replace("_", "-")
        rpcs = []
        for index, method in enumerate(service.method):
            where = f"{file.package}.{service.name}.{method.name}"
            if method.client_streaming or method.server_streaming:
                raise Refused(f"{where}: streams are not supported")
            options = method.options.Extensions[self.options.method] if self.options else None
            subject = options.subject if options else ""
            if not subject:
                raise Refused(f"{where}: no subject; give it option (ale.options.v1.method)")
            comment = comments.get(path + (2, index), "").strip()
            rpcs.append(Rpc(
                method.name, f"ale.{version}.{name}.{subject}", first_sentence(comment), comment,
                method.input_type.lstrip("."), method.output_type.lstrip("."), options,
            ))
        subjects = [rpc.subject for rpc in rpcs]
        for rpc in rpcs:
            if subjects.count(rpc.subject) > 1:
                raise Refused(f"{file.package}.{service.name}: two methods share the subject {rpc.subject}")
        comment = comments.get(path, "").strip()
        swift = self.claim(service.name + "API", f"{file.package}.{service.name}", file.package)
        self.model.services.append(Service(swift, name, comment, rpcs, file.name, file.package))

    def refuse_recursion(self) -> None:
        finished = set()

        def visit(full, trail):
            if full in trail:
                cycle = " -> ".join(trail[trail.index(full) :] + [full])
                raise Refused(f"{full}: recursive ({cycle}); an input could then nest without end")
            if full in finished or full not in self.model.messages:
                return
            for field in self.model.messages[full].fields:
                if field.message:
                    visit(field.message, trail + [full])
            finished.add(full)

        for full in self.model.messages:
            visit(full, [])
