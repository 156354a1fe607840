#!/usr/bin/env python3
"""Compares what the reader sees in each workbook of a folder with openpyxl and python-calamine, where those two agree.

usage: compare.py CORPUS FOLDER      CORPUS is the program of Main.swift

Each workbook is read in a fresh process by each of the three. Prints a line for each workbook with a difference, and ends
with the sums. Exit code 1 when a reading crashed or took too long, or a cell differs.
"""

import datetime
import json
import math
import os
import subprocess
import sys
import warnings

TIME_LIMIT = 300  # seconds for one workbook in one reader
SHOWN = 5  # differences told of one workbook


def clock(seconds):
    seconds = math.floor(seconds + 0.5)
    return "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)


def shape(value):
    """A value of Python as the reader writes it; None for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return "%.15g" % value
    if isinstance(value, datetime.datetime):
        whole = (value + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
        return whole.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return clock(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
    if isinstance(value, datetime.timedelta):
        return clock(value.total_seconds())
    return str(value).replace("\r\n", "\n")


def ours(kind, text):
    """A cell of the reader in the same shape."""
    if kind in ("missing", "error"):
        return None
    if kind == "number":
        return "%.15g" % float(text)
    if kind == "dateTime":
        return text.removesuffix(" 00:00:00")
    return text.replace("\r\n", "\n") or None


def read_openpyxl(path):
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    sheets = {}
    for sheet in book.worksheets:
        cells = sheets[sheet.title] = {}
        sheet.reset_dimensions()
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None and cell.data_type != "e":
                    cells[f"{cell.row},{cell.column - 1}"] = shape(cell.value)
    return sheets


def read_calamine(path):
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(path)
    sheets = {}
    for name in book.sheet_names:
        try:
            sheet = book.get_sheet_by_name(name)
        except Exception:  # a sheet without cells, or one that it cannot read
            continue
        cells = sheets[name] = {}
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
            for column, value in enumerate(row):
                if value != "" and value is not None:
                    cells[f"{number},{column}"] = shape(value)
    return sheets


def run(command):
    """The exit code and the output of a program; code None when it took too long."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return None, b""


def other(reader, path):
    """What another reader sees; None when it cannot read the workbook."""
    code, output = run([sys.executable, __file__, "--read", reader, path])
    return json.loads(output) if code == 0 else None


def read_ours(program, path):
    """Sheets, and the refusals: of the workbook under "", of a sheet under its name; or None and the exit code."""
    code, output = run([program, path])
    if code != 0:
        return None, code
    sheets, refused, name = {}, {}, ""
    for line in output.splitlines():
        value = json.loads(line)
        if isinstance(value, list):
            row, column, kind, text = value
            sheets[name][f"{row},{column}"] = (kind, ours(kind, text))
        elif "sheet" in value:
            name = value["sheet"]
            sheets[name] = {}
        else:
            refused[name] = f'{value["refused"]}: {value["text"]}'
    return (sheets, refused), 0


def compare(program, path):
    """One word for the workbook, the number of cells compared, and what there is to say."""
    mine, code = read_ours(program, path)
    if mine is None:
        return "crashed", 0, ["no end" if code is None else f"exit {code}"]
    sheets, refused = mine
    one, two = other("openpyxl", path), other("calamine", path)
    if "" in refused:
        return ("refused" if one and two else "unreadable"), 0, [refused[""]]
    if one is None or two is None:
        return "alone", 0, []
    compared, notes, verdict = 0, [], "agree"
    for name in sorted(one.keys() & two.keys()):
        if name in refused:
            verdict = "refused"
            notes.append(f"{name}: {refused[name]}")
            continue
        found = sheets.get(name, {})
        # Also what only the reader sees: a cell that both others find empty.
        for place in sorted(one[name].keys() | two[name].keys() | found.keys()):
            wanted = one[name].get(place)
            if wanted != two[name].get(place):
                continue
            compared += 1
            kind, text = found.get(place, ("empty", None))
            # A text that is the name of an error is an error here, and a text there.
            if kind == "error" and str(wanted).strip().startswith(("#", "Err:")):
                continue
            # Day 0 of the 1900 system: others call it midnight, Excel shows no day that ever was, here it stays a number.
            if text != wanted and (wanted, text) != ("00:00:00", "0"):
                verdict = "differ" if verdict == "agree" else verdict
                notes.append(f"{name}!{place}: {wanted!r}, here {kind} {text!r}")
    return verdict, compared, notes


def workbooks(folder):
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.lower().endswith((".xlsx", ".xlsm")) and not name.startswith("~$"):
                yield os.path.join(where, name)


def main():
    if sys.argv[1] == "--read":
        warnings.simplefilter("ignore")
        print(json.dumps({"openpyxl": read_openpyxl, "calamine": read_calamine}[sys.argv[2]](sys.argv[3])))
        return 0
    program, folder = sys.argv[1:]
    sums, cells = {}, 0
    for path in workbooks(folder):
        verdict, compared, notes = compare(program, path)
        sums[verdict] = sums.get(verdict, 0) + 1
        cells += compared
        if verdict not in ("agree", "alone", "unreadable"):
            told = notes[:SHOWN] + ([f"and {len(notes) - SHOWN} more"] if len(notes) > SHOWN else [])
            print(f"{verdict}: {os.path.relpath(path, folder)}", *told, sep="\n    ", flush=True)
    words = ["agree", "differ", "refused", "crashed", "alone", "unreadable"]
    print(", ".join(f"{sums.get(word, 0)} {word}" for word in words) + f"; {cells} cells compared")
    print("(alone: another reader cannot read it; unreadable: refused, and another reader cannot read it either)")
    return 1 if sums.get("crashed") or sums.get("differ") else 0


sys.exit(main())
