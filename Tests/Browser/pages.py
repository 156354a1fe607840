"""Draws the pages of the workspace from their samples, without any of the services: for a look at the design, and to prove each
page in every state, language and size in a moment. What the program shows beside a value (`stateLabel`, `dueDateText`) is made
here in a simpler way.

    .local/venv/bin/python3 Tests/Browser/pages.py FOLDER    writes every page to FOLDER as HTML
"""
import copy
import datetime
import json
import pathlib
import re
import sys

import mustache

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKSPACE = ROOT / "Services/Workspace"
SAMPLES = ROOT / "Tests/WorkspaceTests/Samples"
TODAY = datetime.date(2027, 6, 18)
# How much of everything a page shows.
STATES = ("some", "none", "many")


def strings(language):
    """The table of strings in one language."""
    lines = (WORKSPACE / "Strings/strings.tsv").read_text().splitlines()[1:]
    return {key: {"en": en, "ko": ko}[language] for key, en, ko in (line.split("\t") for line in lines)}


def dictionary(language):
    """Labels of choices, out of the protos."""
    choices = {}
    for path in sorted((ROOT / "proto/ale").rglob("*.proto")):
        for text in re.findall(r"\nmessage \w+ \{(.*?)\n\}", path.read_text(), re.S):
            for name, options in re.findall(r"\n  [\w. ]*?(\w+) = \d+ \[\(ale\.options\.v1\.field\) = \{(.*?)\}\];", text, re.S):
                for value, en, ko in re.findall(r'choices: \{value: "(.*?)" en: "(.*?)" ko: "(.*?)"', options):
                    choices.setdefault((re.sub(r"_(.)", lambda m: m.group(1).upper(), name), value), en if language == "en" else ko)
    return choices


class Reader:
    """What a template sees of a value: its own names, and beside them what people read."""

    def __init__(self, language):
        self.language = language
        self.strings = strings(language)
        self.choices = dictionary(language)

    def day(self, value):
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return datetime.date.fromisoformat(value)
        return None

    def distance(self, day):
        days = (day - TODAY).days
        if self.language == "ko":
            return "오늘" if days == 0 else f"{days:,}일 후" if days > 0 else f"{-days:,}일 전"
        return "today" if days == 0 else f"in {days:,} days" if days > 0 else f"{-days:,} days ago"

    def text(self, value):
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
            return self.text(value[:10]) + (" " if self.language == "ko" else ", ") + value[11:16]
        if day := self.day(value):
            return f"{day.year}년 {day.month}월 {day.day}일" if self.language == "ko" else f"{day.day} {day:%b %Y}"
        return f"{value:,}" if isinstance(value, int) else value

    def seen(self, value):
        """A value as the engine takes it: texts in the reader's language, what is empty as nothing."""
        if isinstance(value, list):
            return [self.seen(each) for each in value]
        if isinstance(value, dict) and set(value) == {"en", "ko"}:
            return value[self.language]
        return None if value == "" else value

    def child(self, value, name):
        if not isinstance(value, dict):
            return False, None
        if name in value:
            return True, self.seen(value[name])
        for ending in ("Text", "Distance", "Late", "Label", "Is", "Any", "Count"):
            base = name[: -len(ending)]
            if not name.endswith(ending) or base not in value:
                continue
            part, day = value[base], self.day(value[base])
            if ending == "Text":
                return True, self.text(self.seen(part))
            if ending == "Distance":
                return True, self.distance(day) if day else self.distance(datetime.date.fromisoformat(part[:10])) if part else ""
            if ending == "Late":
                return True, bool(day and day < TODAY)
            if ending == "Label":
                return True, self.choices.get((base, str(part)), part)
            if ending == "Is":
                return True, {part: True}
            if ending == "Any":
                return True, bool(part)
            return True, f"{len(part):,}"
        return False, None


def grown(value, state, name=""):
    """A sample with nothing in its lists, or with many entries and long names."""
    if isinstance(value, list):
        entries = [grown(each, state, name) for each in value]
        if state == "none":
            return [] if name not in ("cells", "columns", "navigation", "cards", "steps", "stages", "lists", "outcomes", "fields") else entries
        if state == "many" and name in ("items", "entries", "attachments", "tasks", "comments", "articles", "sessions", "facets", "uploads", "members", "invitees"):
            return [copy.deepcopy(each) for each in entries for _ in range(60 // max(1, len(entries)))]
        return entries
    if isinstance(value, dict) and set(value) != {"en", "ko"}:
        return {key: grown(each, state, key) for key, each in value.items()}
    if state == "many" and name in ("accountName", "title", "shortDescription", "fileName"):
        if isinstance(value, dict):
            return {language: grown(text, state, name) for language, text in value.items()}
        return f"{value} – {'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'} 대한민국의 매우 긴 이름을 가진 회사 (주)"
    if state == "many" and name == "countText":
        return "1,000+"
    return value


class Pages:
    """Every page in one language."""

    def __init__(self, language):
        self.reader = Reader(language)
        sources = {path.stem: path.read_text() for path in WORKSPACE.rglob("*.mustache")}
        self.library = mustache.Library(sources, self.reader.child)
        self.missing = {}

    @staticmethod
    def names():
        """Of every page and every way it can look, its sample: `sign_in`, `import.fix`."""
        return sorted(path.stem for path in SAMPLES.glob("*.json") if path.stem != "every_page")

    def draw(self, name, state="some"):
        """The page as HTML."""
        every = json.loads((SAMPLES / "every_page.json").read_text())
        sample = json.loads((SAMPLES / f"{name}.json").read_text())
        values = {**every, **grown(sample, state)}
        language = self.reader.language
        values |= {"t": self.reader.strings, "lang": language, "langIs": {language: True}}
        text = self.library.draw(name.split(".")[0], values)
        if self.library.missing:
            self.missing[f"{name} ({state})"] = sorted(self.library.missing)
        return text


def write(folder, *names):
    """These pages, or every page, in every state and language."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "assets").mkdir(exist_ok=True)
    for name in ("workspace.css", "workspace.js", "icon.svg"):
        (folder / "assets" / name).write_bytes((WORKSPACE / "Design" / name).read_bytes())
    for language in ("en", "ko"):
        pages = Pages(language)
        for name in names or pages.names():
            for state in STATES:
                (folder / f"{name}.{state}.{language}.html").write_text(pages.draw(name, state))
        for page, missing in pages.missing.items():
            if "(some)" in page and language == "en":
                print(page, *missing, sep="\n    ")


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
