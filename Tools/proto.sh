#!/bin/sh
# Completes the protos of proto/source, and generates their C, their Swift and docs/subjects.md.
#
#   Tools/proto.sh           writes proto/ale, Shared/CProto, Shared/Wire/Generated, Shared/Generated and docs/subjects.md
#   Tools/proto.sh --check   writes nothing; fails and shows the difference when one of them is stale
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
mode=${1:-write}
case $mode in
write | --check) ;;
*)
    echo "usage: Tools/proto.sh [--check]" >&2
    exit 2
    ;;
esac

for tool in protoc protoc-gen-c /usr/bin/python3; do
    command -v "$tool" >/dev/null || {
        echo "error: $tool is missing (apt: protobuf-compiler protobuf-c-compiler python3-protobuf)" >&2
        exit 1
    }
done

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$temporary/c" "$temporary/options"
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8

# The words of a list are file names without blanks, so that they may be split.
cd "$root/proto/source"
# shellcheck disable=SC2046
protoc -I . -I /usr/include --include_imports --include_source_info \
    --descriptor_set_out="$temporary/source.pb" $(find ale -name '*.proto' | sort)
protoc -I . -I /usr/include --python_out="$temporary/options" ale/options/v1/options.proto
/usr/bin/python3 "$root/Tools/generate/complete.py" "$temporary/source.pb" "$temporary/options" . "$temporary/proto"

cd "$temporary/proto"
protos=$(find ale -name '*.proto' ! -path 'ale/options/*' | sort)
known='google/protobuf/timestamp.proto google/protobuf/field_mask.proto'
# shellcheck disable=SC2086
protoc -I . -I /usr/include --include_imports --include_source_info \
    --descriptor_set_out="$temporary/set.pb" $protos
# shellcheck disable=SC2086
protoc -I . -I /usr/include --plugin="protoc-gen-c=$root/Tools/generate/protoc_gen_c.py" \
    --c_out="$temporary/c" $protos $known
cd "$root"

# A C module for each service, and one for what they share; headers go below include/, sources beside it.
(cd "$temporary/c" && find . -name '*.[ch]' | sort | while read -r file; do
    case $file in
    ./ale/common/* | ./google/*) module=Common ;;
    *) module=$(printf '%s' "$file" | sed -E 's|^./ale/([a-z_]+)/.*|_\1|; s|_([a-z])|\u\1|g') ;;
    esac
    case $file in *.h) module=$module/include ;; esac
    mkdir -p "$temporary/CProto/$module/$(dirname "$file")"
    cp "$file" "$temporary/CProto/$module/$file"
done)

/usr/bin/python3 Tools/generate "$temporary/set.pb" "$temporary/options" "$temporary/Generated" \
    "$temporary/docs/subjects.md"
mv "$temporary/Generated/Wire" "$temporary/Wire"

if [ "$mode" = --check ]; then
    status=0
    diff -ru proto/ale "$temporary/proto/ale" || status=1
    diff -ru Shared/CProto "$temporary/CProto" || status=1
    diff -ru Shared/Wire/Generated "$temporary/Wire" || status=1
    diff -ru Shared/Generated "$temporary/Generated" || status=1
    diff -u docs/subjects.md "$temporary/docs/subjects.md" || status=1
    if [ $status -ne 0 ]; then
        echo "error: generated code is stale, run make proto" >&2
    fi
    exit $status
fi

# Only files that differ are written, so that a build does not compile the rest again.
sync_folder() {
    mkdir -p "$2"
    (cd "$1" && find . -type f | sort) | while read -r file; do
        if ! cmp -s "$1/$file" "$2/$file"; then
            mkdir -p "$2/$(dirname "$file")"
            cp "$1/$file" "$2/$file"
        fi
    done
    (cd "$2" && find . -type f | sort) | while read -r file; do
        [ -f "$1/$file" ] || rm "$2/$file"
    done
    find "$2" -mindepth 1 -type d -empty -delete
}
sync_folder "$temporary/proto/ale" proto/ale
sync_folder "$temporary/CProto" Shared/CProto
sync_folder "$temporary/Wire" Shared/Wire/Generated
sync_folder "$temporary/Generated" Shared/Generated
mkdir -p docs
cmp -s "$temporary/docs/subjects.md" docs/subjects.md || cp "$temporary/docs/subjects.md" docs/subjects.md
