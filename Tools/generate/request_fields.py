"""The names of the fields of a request as keys, by which an error says what it blames."""

import names


def lines(message) -> list[str]:
    """The enumeration; nothing for a message that is no request, or has no fields."""
    if not message.full_name.endswith("Request") or not message.fields:
        return []
    out = [f"extension {message.swift} {{", "    /// The names of its fields, as errors say them.",
           "    public enum Field: String, RequestField {"]
    for field in message.fields:
        raw = f' = "{field.name}"' if field.swift != field.name else ""
        out += [f"        /// `{field.name}`.", f"        case {names.quoted(field.swift)}{raw}"]
    return out + ["    }", "}", ""]
