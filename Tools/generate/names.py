"""Names: how a proto name is spelled in C (after protoc-c) and in Swift."""

import re

# Field names that no C compiler takes, or that hide a member protoc-c makes. The plug-in puts "_" behind them.
# "unix" and "linux" are macros of GNU C; "base" is the first member of every struct; "self", "init" and "Type"
# mean something else in Swift after a dot.
C_RESERVED = frozenset(
    """
    and and_eq asm auto base bitand bitor bool break case catch char class compl const const_cast continue default
    delete do double dynamic_cast else enum errno explicit export extern false float for friend goto if init inline
    int linux long mutable namespace new not not_eq operator or or_eq private protected public register
    reinterpret_cast restrict return self short signed sizeof static static_cast stderr stdin stdout struct switch
    template this throw true try typedef typeid typename typeof union unix unsigned using virtual void volatile
    wchar_t while xor xor_eq
    """.split()
)

SWIFT_KEYWORDS = frozenset(
    """
    associatedtype as break case catch class continue default defer deinit do else enum extension fallthrough false
    fileprivate for func guard if import in init inout internal is let nil operator precedencegroup private protocol
    public repeat rethrows return static struct subscript super switch throw throws true try typealias var where while
    """.split()
)

# Types of Swift and of Wire itself that a message may not hide.
SWIFT_TYPES = frozenset(
    """
    Any AnyObject Array Arena Base64 BatchCreateRequest BatchRequest BatchUpdateRequest Bool BulkMessage Catalog Character Choice Codable CreateRequest Dictionary Double Equatable
    Error FieldMask FieldNames FieldSchema FieldStorage FieldType FieldValue Float Hashable Int Int32 Int64 JSONNames
    JSONReader JSONWritable JSONWriter Language ListResponse ListedMessage Message MessageDescriptor Method MethodInfo MethodNeed Never Optional
    Packing Protocol ProtobufScan RecordMessage RecordSchema Result Self Sendable Set StandardMessage String Task Text Timestamp Type
    UInt32 UInt64 UInt8 UTF8Check Unpacked UpdateRequest Void WireEnum WireError WireLimits WireMessage
    """.split()
)


# Numbers of google.protobuf.FieldDescriptorProto.Type and how a proto file spells them.
PROTO_TYPES = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
    12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}


def c_field(name: str, siblings: set[str]) -> str:
    """The name a field goes by in C, given all names of its message."""
    hidden = (name.startswith("n_") and name[2:] in siblings) or (name.startswith("has_") and name[4:] in siblings)
    return name + "_" if name in C_RESERVED or hidden else name


def snake(name: str) -> str:
    out, was_upper = "", True
    for character in name:
        if character.isupper():
            out += ("" if was_upper else "_") + character.lower()
        else:
            out += character
        was_upper = character.isupper()
    return out


def upper_camel(name: str) -> str:
    """`customer_success` as `CustomerSuccess`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def c_type(full_name: str) -> str:
    """`ale.common.v1.Status` as protoc-c's struct `Ale__Common__V1__Status`."""
    return "__".join(upper_camel(part) for part in full_name.split("."))


def c_prefix(full_name: str) -> str:
    """`ale.common.v1.Status` as protoc-c's function prefix `ale__common__v1__status`."""
    return "__".join(snake(part) for part in full_name.split("."))


WIRE = "Wire"


def folder(package: str) -> str:
    """`ale.customer_success.v1` as `CustomerSuccess`."""
    return upper_camel(package.split(".")[1])


def module(package: str) -> str:
    """The Swift module of a package: what all services share is in Wire itself."""
    return WIRE if package == "ale.common.v1" else folder(package) + WIRE


def c_module(package: str) -> str:
    """The C module of a package."""
    return "CProto" if package == "ale.common.v1" else f"C{folder(package)}Proto"


def lower_camel(name: str) -> str:
    """`meeting_date` or `CreateTouchpoint` in lowerCamelCase; a trailing `_id` becomes `ID`."""
    camel = upper_camel(name)
    camel = camel[:1].lower() + camel[1:]
    return camel[:-2] + "ID" if name.endswith("_id") else camel


def swift_property(name: str) -> str:
    """The name of a Swift property, without backticks."""
    camel = lower_camel(name)
    return camel + "_" if camel in ("self", "init") else camel


def choice_type(field: str) -> str:
    """The name of the values of a choice: `risk_or_issue` as `RiskOrIssue`. `Type` and `Protocol` are Swift's own."""
    name = upper_camel(field)
    return name + "Choice" if name in ("Type", "Protocol", "Field") else name


def choice_name(value: str) -> str:
    """A value as the name of a constant: `in_progress` as `inProgress`, `2h` as `_2h`."""
    camel = upper_camel(re.sub("[^A-Za-z0-9]+", "_", value).strip("_"))
    camel = camel[:1].lower() + camel[1:]
    return "_" + camel if camel[:1].isdigit() else camel


def swift_list(words) -> str:
    """Words as an array of Swift strings."""
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "[" + ", ".join(f'"{word}"' for word in escaped) + "]"


def quoted(name: str) -> str:
    """`name` in backticks where Swift needs them in a declaration."""
    return f"`{name}`" if name in SWIFT_KEYWORDS else name
