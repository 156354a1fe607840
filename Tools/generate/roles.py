#!/usr/bin/env python3
"""Writes Shared/Roles/Generated from the tables of roles and access rules.

Input:  Shared/Roles/roles.tsv          every role and what it contains
        Shared/Roles/roles_ko.tsv       what each is for, in Korean
        Shared/Roles/acl.tsv            the access rules of the specification
        Shared/Roles/acl_decisions.tsv  our own rules, for tables the specification gives none
Output: Generated/RoleData.swift, Generated/AccessData.swift

The same input always gives the same output. With --check nothing is written and a difference is an error.
The examples of each rule (a role that is allowed, one that is refused) are worked out here, apart from the Swift
code they test.
"""
import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Shared" / "Roles"
OPERATIONS = {"read": ".read", "report_view": ".reportView", "create": ".create", "write": ".write", "delete": ".delete"}


def rows(name):
    with open(FOLDER / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def names(cell):
    return [name.strip() for name in (cell or "").split(",") if name.strip()]


def read_roles():
    """Roles with their direct and closed containment. A printed variant of a name (sn_admin) is no role (G-14)."""
    table = rows("roles.tsv")
    korean = {row["name"]: row["description_ko"] for row in rows("roles_ko.tsv")}
    known = {row["name"] for row in table}
    variants = {
        variant.split(" ")[0]
        for row in table
        for variant in row["name_in_source"].split(", ")
        if variant.split(" ")[0] not in known
    }
    roles = {}
    for row in table:
        contained = []
        for name in names(row["contained_roles"]) + names(row["proposed_contained_roles"]):
            if name in known:
                contained.append(name)
            elif name not in variants:
                sys.exit(f"roles.tsv: {row['name']} contains {name}, which is neither a role nor a printed variant")
        roles[row["name"]] = {
            "description": row["description"], "korean": korean.pop(row["name"], ""), "kind": row["kind"],
            "contained": sorted(set(contained)),
        }
        if not roles[row["name"]]["korean"]:
            sys.exit(f"roles_ko.tsv: {row['name']} is missing")
    if korean:
        sys.exit(f"roles_ko.tsv: no roles are {', '.join(korean)}")
    for name, role in roles.items():
        role["closed"] = close(roles, name)
        role["external"] = any(inner.startswith("sn_customerservice.") for inner in role["closed"])
    return roles


def close(roles, name):
    closed, open_ = set(), [name]
    while open_:
        next_ = open_.pop()
        if next_ not in closed:
            closed.add(next_)
            open_ += roles[next_]["contained"]
    return closed


def read_rules(roles):
    rules = rows("acl.tsv") + rows("acl_decisions.tsv")
    seen = set()
    for rule in rules:
        rule["operations"], rule["roles"] = names(rule["operations"]), names(rule["roles"])
        table, _, field = rule["target"].partition(".")
        rule["table"], rule["field"] = table, field
        for role in rule["roles"]:
            if role not in roles:
                sys.exit(f"{rule['id']}: {role} is not a role")
        for operation in rule["operations"]:
            if operation not in OPERATIONS:
                sys.exit(f"{rule['id']}: {operation} is not an operation")
        if rule["id"] in seen or not rule["roles"] or not rule["operations"]:
            sys.exit(f"{rule['id']}: twice, or without roles or operations")
        seen.add(rule["id"])
    return rules


def allows(rules, held, operation, target):
    if "admin" in held:
        return True
    given = {op for rule in rules if rule["target"] == target and held & set(rule["roles"]) for op in rule["operations"]}
    # Whoever may write or delete a record may read it (G-16). Field rules stand alone.
    if operation == "read" and "." not in target and given & {"write", "delete"}:
        return True
    return operation in given


def examples(roles, rules, rule):
    """Per operation one role that is allowed, by containment where there is one, and the nearest that is refused."""
    result = []
    for operation in rule["operations"]:
        wanted = set(rule["roles"])
        allowed = min(
            (name for name, role in roles.items() if role["closed"] & wanted),
            key=lambda name: (name in wanted, len(roles[name]["closed"]), name),
        )
        refused = min(
            (name for name, role in roles.items() if not allows(rules, role["closed"], operation, rule["target"])),
            key=lambda name: (-max(shared(name, role) for role in wanted), -len(roles[name]["closed"]), name),
        )
        result.append((operation, allowed, refused))
    return result


def shared(left, right):
    length = 0
    while length < min(len(left), len(right)) and left[length] == right[length]:
        length += 1
    return length


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def string_list(values):
    return "[" + ", ".join(quoted(value) for value in values) + "]"


HEADER = "// Written by Tools/generate/roles.py from the tables beside this folder. Do not edit.\n// swift-format-ignore-file\n\n"


def role_data(roles):
    lines = [HEADER + "extension RoleCatalog {\n    static let data: [Role] = ["]
    for name in sorted(roles):
        role = roles[name]
        lines.append(
            f"        Role(name: {quoted(name)}, description: {quoted(role['description'])}, "
            f"descriptionKo: {quoted(role['korean'])}, "
            f"kind: .{role['kind'].replace('table-role', 'tableRole')}, isExternal: {str(role['external']).lower()}, "
            f"contained: {string_list(role['contained'])}, closure: {string_list(sorted(role['closed']))}),"
        )
    return "\n".join(lines + ["    ]", "}", ""])


def access_data(roles, rules):
    lines = [HEADER + "extension Access {\n    static let data: [AccessRule] = ["]
    for rule in rules:
        field = quoted(rule["field"]) if rule["field"] else "nil"
        shown = ", ".join(
            f"AccessExample(operation: {OPERATIONS[operation]}, allowed: {quoted(allowed)}, refused: {quoted(refused)})"
            for operation, allowed, refused in examples(roles, rules, rule)
        )
        lines.append(
            f"        AccessRule(id: {quoted(rule['id'])}, table: {quoted(rule['table'])}, field: {field}, "
            f"operations: [{', '.join(OPERATIONS[operation] for operation in rule['operations'])}], "
            f"roles: {string_list(rule['roles'])}, basis: .{rule['basis']}, "
            f"examples: [{shown}]),"
        )
    return "\n".join(lines + ["    ]", "}", ""])


def main():
    roles = read_roles()
    rules = read_rules(roles)
    stale = False
    for name, text in (("RoleData.swift", role_data(roles)), ("AccessData.swift", access_data(roles, rules))):
        path = FOLDER / "Generated" / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{path.relative_to(ROOT)} is stale: run Tools/generate/roles.py", file=sys.stderr)
                stale = True
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
