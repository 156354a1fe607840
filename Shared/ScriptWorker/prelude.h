// What a script finds in its heap besides the language. Evaluated before the script; its value is kept out of sight.
#pragma once

// A record answers getValue(name) with its text or null (for a record held in the field: its id), getDisplayValue(name)
// with the name people know, or the empty text. In text a record stands for its id. seal() makes a decoded JSON value
// read-only.
static const char prelude[] =
    "(function (global) {\n"
    "  'use strict';\n"
    "  var own = Object.prototype.hasOwnProperty;\n"
    "  function has(record, name) { return own.call(record, name) && record[name] !== null; }\n"
    "  function id(record) { return has(record, 'id') ? String(record.id) : ''; }\n"
    "  function display(value) {\n"
    "    if (value === null || value === undefined) return '';\n"
    "    if (typeof value !== 'object') return String(value);\n"
    "    if (has(value, 'display_value')) return String(value.display_value);\n"
    "    if (has(value, 'name')) return String(value.name);\n"
    "    return has(value, 'number') ? String(value.number) : id(value);\n"
    "  }\n"
    "  var record = Object.freeze({\n"
    "    getValue: function (name) {\n"
    "      if (!has(this, name)) return null;\n"
    "      var value = this[name];\n"
    "      return typeof value === 'object' ? id(value) : String(value);\n"
    "    },\n"
    "    getDisplayValue: function (name) {\n"
    "      return display(name === undefined ? this : own.call(this, name) ? this[name] : null);\n"
    "    },\n"
    "    isValidField: function (name) { return own.call(this, name); },\n"
    "    toString: function () { return id(this); }\n"
    "  });\n"
    "  function seal(value) {\n"
    "    if (value === null || typeof value !== 'object') return value;\n"
    "    Object.keys(value).forEach(function (key) { seal(value[key]); });\n"
    "    if (!Array.isArray(value)) Object.setPrototypeOf(value, record);\n"
    "    return Object.freeze(value);\n"
    "  }\n"
    "  delete global.Duktape;\n"
    "  return { record: record, seal: seal };\n"
    "})(this)\n";
