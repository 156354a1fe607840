#!/usr/bin/env python3
"""Says which sources import a module of this project that Package.swift does not name for their target.

Such a source builds where its module happens to have been built before, and fails on a machine that builds everything:
which of the two comes first is chance. Reads what `swift package describe` says; exits with 1 where it finds one.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
IMPORT = re.compile(r"^\s*(?:@\w+(?:\(\w+\))? |public |package |internal |private |fileprivate )*"
                    r"import (?:(?:struct|class|enum|protocol|func|typealias|let|var) )?(\w+)", re.MULTILINE)


def reachable(name, targets, found):
    """The targets that are built before that one."""
    for other in targets.get(name, {}).get("target_dependencies", []):
        if other not in found:
            found.add(other)
            reachable(other, targets, found)
    return found


def undeclared(targets):
    """(file, module) of each import without its dependency."""
    for name, target in targets.items():
        before = reachable(name, targets, {name})
        for source in target["sources"]:
            path = pathlib.Path(target["path"], source)
            if path.suffix == ".swift":
                modules = set(IMPORT.findall((ROOT / path).read_text(encoding="utf-8")))
                yield from ((path, module) for module in sorted((modules & targets.keys()) - before))


def main():
    described = subprocess.run(["swift", "package", "describe", "--type", "json"], cwd=ROOT, check=True, text=True,
                               stdout=subprocess.PIPE)
    targets = {target["name"]: target for target in json.loads(described.stdout)["targets"]}
    findings = list(undeclared(targets))
    for path, module in findings:
        print(f"{path} imports {module}: name it among the dependencies of its target in Package.swift")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
