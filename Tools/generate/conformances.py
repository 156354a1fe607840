"""Writes what the messages of one shape have in common: conformances of requests, pages and records."""

import names


def resource(model, message):
    """The field that holds the record of a Create or Update request, those of a batch or a list response, or None."""
    name = message.full_name.split(".")[-1]
    is_list = name.startswith("List") and name.endswith("Response")
    is_batch = name.startswith(("BatchCreate", "BatchUpdate")) and name.endswith("Request")
    if not is_list and not is_batch and not (name.startswith(("Create", "Update")) and name.endswith("Request")):
        return None
    for field in message.fields:
        target = model.messages.get(field.message)
        if target is not None and target.record and field.repeated == (is_list or is_batch):
            return field
    return None


def has(message, name: str, swift_type: str) -> bool:
    field = message.field(name)
    return field is not None and field.swift_type == swift_type and not field.repeated


def shape(model, message) -> list[str]:
    """The conformance to CreateRequest, UpdateRequest, their batch forms or ListResponse, or nothing."""
    field = resource(model, message)
    if field is None:
        return []
    name, own = message.full_name.split(".")[-1], f"self.{field.swift}"
    if name.startswith("List"):
        if not has(message, "next_page_token", "String"):
            return []
        total = message.field("total_size")
        out = [f"extension {message.swift}: ListResponse {{", "    /// A page of records.",
               f"    public init(resources: [{field.swift_type}], nextPageToken: String, totalSize: Int64?) {{",
               "        self.init()", f"        {own} = resources", "        self.nextPageToken = nextPageToken"]
        if total is not None:
            value = "totalSize" if total.swift_type == "Int64" else f"totalSize.map {{ {total.swift_type}(clamping: $0) }}"
            out.append(f"        self.totalSize = {value}{'' if total.optional else ' ?? 0'}")
        out += ["    }", "", "    /// The records of the page.", f"    public var resources: [{field.swift_type}] {{"]
    else:
        if not has(message, "request_id", "String") or not has(message, "validate_only", "Bool"):
            return []
        if name.startswith(("Update", "BatchUpdate")) and not has(message, "update_mask", "FieldMask"):
            return []
        if field.repeated:
            if not has(message, "all_or_nothing", "Bool"):
                return []
            proto = "BatchCreateRequest" if name.startswith("BatchCreate") else "BatchUpdateRequest"
            out = [f"extension {message.swift}: {proto} {{", f"    /// The records, the same as `{field.swift}`.",
                   f"    public var resources: [{field.swift_type}] {{"]
            return out + [f"        get {{ {own} }}", f"        set {{ {own} = newValue }}", "    }", "}", ""]
        proto = "CreateRequest" if name.startswith("Create") else "UpdateRequest"
        out = [f"extension {message.swift}: {proto} {{", f"    /// The record, the same as `{field.swift}`.",
               f"    public var resource: {field.swift_type}? {{"]
    return out + [f"        get {{ {own} }}", f"        set {{ {own} = newValue }}", "    }", "}", ""]


def verbs(model, message) -> list[str]:
    """The conformance of a record to what its verbs need: ListedMessage, StandardMessage or BulkMessage, or nothing."""
    package, plural = message.package, names.upper_camel(message.record.collection)
    kinds = [
        ("ListedMessage", {"Page": f"List{plural}Response"}),
        ("StandardMessage", {"Creation": f"Create{message.swift}Request", "Modification": f"Update{message.swift}Request"}),
        ("BulkMessage", {
            "BatchCreation": f"BatchCreate{plural}Request", "BatchModification": f"BatchUpdate{plural}Request",
        }),
    ]
    proto, types = None, {}
    for kind, needed in kinds:
        if any(f"{package}.{name}" not in model.messages for name in needed.values()):
            break
        proto = kind
        types |= needed
    if proto is None:
        return []
    out = [f"extension {message.swift}: {proto} {{"]
    for name, target in types.items():
        out += [f"    /// `{target}`.", f"    public typealias {name} = {target}"]
    return out + ["}", ""]
