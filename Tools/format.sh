#!/usr/bin/env bash
# format.sh [--check]    formats the Swift sources in place, or says what is not formatted.
# Generated files ask to be left alone by their first line (swift-format-ignore-file).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/opt/swift/usr/bin
sources=()
for place in Package.swift Shared Services Tests Tools; do [ ! -e "$place" ] || sources+=("$place"); done
if [ "${1:-}" = --check ]; then
  swift format lint --strict --parallel --recursive "${sources[@]}"
else
  swift format format --in-place --parallel --recursive "${sources[@]}"
fi
