#!/usr/bin/python3
"""A protoc plug-in around protoc-gen-c 1.4, which it makes fit for proto3.

protoc-gen-c makes a union of every proto3 `optional` field and gives the other fields no presence, which loses -0.0
and the first of two halves of a message; it does not pack lists as proto3 does, takes names that no C compiler accepts,
and would include C code for the custom options, which only the generator reads. So it is shown the same messages as
proto2: the bytes on the wire are the same, every number has a plain `has_` flag, and Swift decides what is present.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from google.protobuf.compiler import plugin_pb2  # noqa: E402
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field  # noqa: E402

import names  # noqa: E402

NOT_IN_C = {"ale/options/v1/options.proto", "google/protobuf/descriptor.proto"}
UNPACKABLE = {Field.TYPE_STRING, Field.TYPE_BYTES, Field.TYPE_MESSAGE, Field.TYPE_GROUP}


def prepare_message(message) -> None:
    message.ClearField("options")
    # The generator refuses real oneofs; what is left are the synthetic ones of optional fields.
    message.ClearField("oneof_decl")
    siblings = {field.name for field in message.field}
    for field in message.field:
        field.ClearField("options")
        field.name = names.c_field(field.name, siblings)
        field.ClearField("oneof_index")
        field.ClearField("proto3_optional")
        field.ClearField("json_name")
        if field.label == Field.LABEL_REPEATED and field.type not in UNPACKABLE:
            field.options.packed = True
    for nested in message.nested_type:
        prepare_message(nested)


def prepare(request) -> None:
    kept = [file for file in request.proto_file if file.name not in NOT_IN_C]
    for file in kept:
        # Public and weak imports are given by index, which would shift; no file here has any.
        dependencies = [name for name in file.dependency if name not in NOT_IN_C]
        del file.dependency[:]
        file.dependency.extend(dependencies)
        file.ClearField("options")
        file.syntax = "proto2"
        file.ClearField("source_code_info")
        # protobuf-c knows no client of its own here: requests travel over NATS.
        file.ClearField("service")
        for message in file.message_type:
            prepare_message(message)
    del request.proto_file[:]
    request.proto_file.extend(kept)


def main() -> None:
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    prepare(request)
    done = subprocess.run(
        ["protoc-gen-c"], input=request.SerializeToString(), stdout=subprocess.PIPE, check=True, timeout=60
    )
    # supported_features = FEATURE_PROTO3_OPTIONAL, field 2 of CodeGeneratorResponse.
    sys.stdout.buffer.write(done.stdout + b"\x10\x01")


if __name__ == "__main__":
    main()
