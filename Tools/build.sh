#!/usr/bin/env bash
# build.sh debug|release ARGUMENT…    `swift build` with these arguments. Before it works for minutes though no source was
# changed, it says why: a header or a module of the system or of the toolchain is not what the last build read.
#
# What is built for tests has no symbols for a debugger, which nobody has a use for there and which cost time and gigabytes;
# `build.sh debug -debug-info-format dwarf …` builds them in. ALE_WHOLE_MODULES=1 compiles each module as a whole: a quarter less
# work where everything is built anew, more where a file was changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/opt/swift/usr/bin
configuration=$1; shift
folder=.build/$configuration
begin=$folder/last-build outside=$folder/read-outside

# What the compiler wrote down that it read outside of the checkout, one path a line.
note_what_was_read() {
  [ -d "$folder" ] || return 0
  [ ! -e "$outside" ] || [ -n "$(find "$folder"/*.build -name '*.d' -newer "$outside" -print -quit 2>/dev/null)" ] || return 0
  find "$folder"/ -maxdepth 2 -path '*.build/*.d' -print0 | LC_ALL=C xargs -0 -r grep -ohE '(^| )/[^ :]+\.(h|modulemap|swiftmodule|swiftinterface)' |
    tr -d ' ' | sort -u | grep -vF "$PWD/" >"$outside.new" || true
  mv "$outside.new" "$outside"
}

# One of these that was changed since, or is gone.
first_changed() {
  [ -e "$begin" ] && [ -e "$outside" ] || return 0
  { tr '\n' '\0' <"$outside" | find -files0-from - -prune -newercm "$begin" -print 2>/dev/null || head -n 1 "$outside"; } |
    head -n 1
}

# Clang keeps the modules that it has made of our C headers, and does not notice a header that came since: those are made
# anew.
forget_modules_of_headers() {
  local module
  for module in "$folder"/ModuleCache/*/C*Proto*.pcm; do
    [ ! -e "$module" ] || [ -z "$(find Shared/CProto -name '*.h' -newer "$module" -print -quit)" ] || rm "$module"
  done
}

forget_modules_of_headers
changed=$(first_changed || true)
[ -z "$changed" ] ||
  echo "The system or the toolchain was updated since the last build (for one, $changed): what uses it is built anew, which takes minutes."
mark=$(mktemp)
trap 'rm -f "$mark"' EXIT
symbols=()
[ "$configuration" = release ] || symbols=(-debug-info-format none)
whole=()
# In two parts, without which no index is written, and no test found.
[ -z "${ALE_WHOLE_MODULES:-}" ] || whole=(-Xswiftc -whole-module-optimization -Xswiftc -num-threads -Xswiftc 2)
swift build -c "$configuration" "${symbols[@]}" "${whole[@]}" "$@"
note_what_was_read
[ ! -d "$folder" ] || touch -r "$mark" "$begin"
