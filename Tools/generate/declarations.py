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
    owners = {}
    for message in records:
        services = owners.setdefault(message.record.table, set())
        if message.record.service in services:
            raise Refused(f"{message.full_name}: its service has another record of the table \"{message.record.table}\"")
        services.add(message.record.service)
    # What a shared module keeps for a service is that service's.
    for service in model.services:
        for table in {model.messages[rpc.response].table for rpc in service.rpcs if rpc.response in model.messages} - {""}:
            owners.setdefault(table, set()).add(service.service)
    for message in records:
        for field in message.fields:
            if field.options is not None:
                check_reference(f"{message.full_name}.{field.name}", field.options, message.record.service, owners)
        check_import(message)
        check_named_alone(message, owners)
    orders = sorted(imported(message.record).order for message in records if imported(message.record))
    if orders != list(range(1, len(orders) + 1)):
        raise Refused(f"the import targets are not in an order from 1: {orders}")


OPERATIONS = ("read", "create", "write", "delete")


def table_of(model: Model, service, rpc) -> str:
    """The table whose access rows decide on a method; refuses an operation that the rules do not know, on no table."""
    where = f"{service.package}.{rpc.name}"
    if rpc.options.operation not in OPERATIONS:
        raise Refused(f"{where}: the access rules have no operation \"{rpc.options.operation}\"")
    collection = rpc.options.subject.split(".")[0]
    tables = [rpc.options.table] if rpc.options.table else [
        message.record.table for message in model.messages.values()
        if message.record and message.record.service == service.service and message.record.collection == collection]
    if not tables:
        raise Refused(f"{where}: \"{collection}\" are no records of {service.service}; say whose table decides")
    return tables[0]


def check_named_alone(message, owners: dict) -> None:
    """What callers name by its table alone must be found by it."""
    said = [option for option in CAPABILITIES if getattr(message.record, option)]
    said += ["import"] if imported(message.record) else []
    if said and len(owners[message.record.table]) > 1:
        raise Refused(f"{message.full_name}: {said[0]} is asked for by the table, and \"{message.record.table}\" is the "
                      "table of two services")


def check_reference(where: str, options, service: str, owners: dict) -> None:
    """A reference names a table that somebody owns: the service itself, or one other."""
    if options.type not in ("reference", "list_of_references"):
        if options.kept_as_name:
            raise Refused(f"{where}: only a reference is kept as a name")
        return
    if not options.reference:
        raise Refused(f"{where}: a reference without a table")
    if options.kept_as_name:
        return
    for table in options.reference.split(" | "):
        services = owners.get(table, set())
        if not services:
            raise Refused(f"{where}: no service owns the table \"{table}\"; give it a record, or say kept_as_name")
        if service not in services and len(services) > 1:
            raise Refused(f"{where}: the table \"{table}\" is there in {' and '.join(sorted(services))}")


def check_import(message) -> None:
    named = [("named_by", name) for name in message.record.named_by]
    target = imported(message.record)
    if target:
        if not target.key or not target.task.en or not target.task.ko:
            raise Refused(f"{message.full_name}: an import needs a key, and a task in both languages")
        if message.field("account") and target.key[0] != "account":
            raise Refused(f"{message.full_name}: the key of an import names the account first, where there is one")
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
