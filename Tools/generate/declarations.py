"""What records declare beyond their fields: imports, names, and what may be done with them."""

import names
from model import Model
from refused import Refused

CAPABILITIES = ("launches_plays", "source_of_risks", "has_response_templates")


def imported(record):
    """The record's import option, None for a table that nothing is imported into."""
    return getattr(record, "import") if record.HasField("import") else None


def check(model: Model) -> None:
    """Refuses declarations that lead nowhere: references to tables that nobody owns, keys and names without fields."""
    records = [message for message in model.messages.values() if message.record]
    tables = {message.record.table for message in records}
    if len(tables) != len(records):
        raise Refused("two records have one table")
    for message in records:
        for field in message.fields:
            if field.options is not None:
                check_reference(f"{message.full_name}.{field.name}", field.options, tables)
        check_import(message)
    orders = sorted(imported(message.record).order for message in records if imported(message.record))
    if orders != list(range(1, len(orders) + 1)):
        raise Refused(f"the import targets are not in an order from 1: {orders}")


def check_reference(where: str, options, tables: set) -> None:
    """A value that callers write is looked up in the table it names, so that there must be one."""
    if options.type not in ("reference", "list_of_references"):
        if options.kept_as_name:
            raise Refused(f"{where}: only a reference is kept as a name")
        return
    if not options.reference:
        raise Refused(f"{where}: a reference without a table")
    if options.kept_as_name or options.output_only:
        return
    for table in options.reference.split(" | "):
        if table not in tables:
            raise Refused(f"{where}: no service owns the table \"{table}\"; give it a record, or say kept_as_name")


def check_import(message) -> None:
    named = [("named_by", name) for name in message.record.named_by]
    target = imported(message.record)
    if target:
        if not target.key or not target.task.en or not target.task.ko:
            raise Refused(f"{message.full_name}: an import needs a key, and a task in both languages")
        named += [("key", name) for name in target.key]
    for what, name in named:
        field = message.field(name)
        if field is None or field.options is None:
            raise Refused(f"{message.full_name}: its {what} has no field \"{name}\"")
        if what == "named_by" and field.options.type not in ("string", "email"):
            raise Refused(f"{message.full_name}: workbooks name by texts, which \"{name}\" is not")


def arguments(record, text, label) -> str:
    """The declarations as further arguments of RecordSchema; `text` and `label` write Swift literals."""
    said, target = [], imported(record)
    if target:
        alias = f", alias: {text(target.alias)}" if target.alias else ""
        template = f", template: {text(target.template)}" if target.template else ""
        said.append(f"importing: ImportSchema(order: {target.order}{alias}, task: {label(target.task)}, "
                    f"key: {names.swift_list(target.key)}{template})")
    if record.named_by:
        said.append(f"namedBy: {names.swift_list(record.named_by)}")
    said += [f"{names.lower_camel(option)}: true" for option in CAPABILITIES if getattr(record, option)]
    return "".join(",\n        " + argument for argument in said)
