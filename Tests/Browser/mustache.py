"""Mustache as swift-mustache draws it, as far as the templates of the workspace use it: sections, partials, inheritance, and
names that begin with a dot and are looked for in the innermost value alone. What is not there counts as a fault, so that samples
and templates cannot drift apart."""
import html
import re

TAG = re.compile(r"\{\{\s*([#^/><$!])?\s*(.*?)\s*\}\}", re.S)


class Fault(Exception):
    """A template that cannot be drawn."""


def parse(source, name):
    """The template as nested lists: ("text", …), ("value", name), ("#", name, parts) …"""
    stack, place = [("", "", [])], 0
    for match in TAG.finditer(source):
        stack[-1][2].append(("text", source[place:match.start()]))
        place = match.end()
        kind, word = match.group(1), match.group(2)
        if kind in ("#", "^", "$", "<"):
            stack.append((kind, word, []))
        elif kind == "/":
            opened = stack.pop()
            if opened[1] != word:
                raise Fault(f"{name}: {{{{/{word}}}}} ends {{{{{opened[0]}{opened[1]}}}}}")
            stack[-1][2].append(opened)
        elif kind == ">":
            stack[-1][2].append((">", word))
        elif kind is None:
            stack[-1][2].append(("value", word))
    if len(stack) != 1:
        raise Fault(f"{name}: {{{{{stack[-1][0]}{stack[-1][1]}}}}} does not end")
    stack[0][2].append(("text", source[place:]))
    return stack[0][2]


class Library:
    """Templates by name. `child(value, name)` says what a value has under a name: (found, value)."""

    def __init__(self, sources, child):
        self.templates = {name: parse(source, name) for name, source in sources.items()}
        self.child = child
        self.missing = set()

    def draw(self, name, values):
        """The page; names that were nowhere are in `missing` afterwards."""
        self.missing = set()
        return self._parts(self._template(name), [values], {}, name)

    def _template(self, name):
        if name not in self.templates:
            raise Fault(f"there is no template {name}")
        return self.templates[name]

    def _find(self, name, stack):
        if name == ".":
            return True, stack[-1]
        inner = name.startswith(".")
        words = name.strip(".").split(".")
        for value in [stack[-1]] if inner else reversed(stack):
            found, value = self.child(value, words[0])
            if not found:
                continue
            for word in words[1:]:
                found, value = self.child(value, word)
                if not found:
                    return False, None
            return True, value
        return False, None

    def _parts(self, parts, stack, blocks, where):
        return "".join(self._part(part, stack, blocks, where) for part in parts)

    def _part(self, part, stack, blocks, where):
        kind, word = part[0], part[1]
        if kind == "text":
            return word
        if kind == ">":
            return self._parts(self._template(word), stack, {}, word)
        if kind == "<":
            return self._parts(self._template(word), stack, {**{p[1]: p[2] for p in part[2] if p[0] == "$"}, **blocks}, word)
        if kind == "$":
            return self._parts(blocks.get(word, part[2]), stack, blocks, where)
        found, value = self._find(word, stack)
        if kind == "value":
            if not found:
                self.missing.add(f"{where}: {word}")
            return "" if value is None else html.escape(str(value), quote=True)
        falsy = not found or value is None or value is False or value == []
        if kind == "^":
            return self._parts(part[2], stack, blocks, where) if falsy else ""
        if falsy:
            return ""
        if value is True:
            return self._parts(part[2], stack, blocks, where)
        values = value if isinstance(value, list) else [value]
        return "".join(self._parts(part[2], stack + [each], blocks, where) for each in values)
