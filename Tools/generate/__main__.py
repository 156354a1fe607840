"""Writes the Swift and docs/subjects.md of a descriptor set. Called by Tools/proto.sh.

usage: python3 Tools/generate DESCRIPTOR_SET OPTIONS_DIR SWIFT_DIR SUBJECTS_FILE
"""

import os
import sys

import declarations
import emit
from model import Loader, Refused


def main() -> int:
    descriptor_set, options_dir, swift_dir, subjects_file = sys.argv[1:]
    try:
        with open(descriptor_set, "rb") as file:
            model = Loader(file.read(), options_dir).load()
        declarations.check(model)
        files = emit.swift_files(model)
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 1
    for path, content in files.items():
        full = os.path.join(swift_dir, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(content)
    os.makedirs(os.path.dirname(subjects_file), exist_ok=True)
    with open(subjects_file, "w", encoding="utf-8") as file:
        file.write(emit.subjects(model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
