# noqa: INP001 - a script that buf starts, in no package
"""Writes the comments of the contract as JSON, for what is derived from descriptors at run time.

Generated Python drops them. A key is the full name of a service, method, message, field, enum or
enum value; a value's name follows that of its enum, as in `aitrader.v1.Side.SIDE_BUY`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorProto

PACKAGE = "aitrader.v1"
# The parts of descriptor.proto that lead to a declaration.
DECLARING = {"service", "method", "message_type", "nested_type", "field", "enum_type", "value"}
# buf reads these lines; they say nothing to the contract's readers.
DIRECTIVE = "buf:lint:"


def comments_of(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """Yields the full name and the comment of each commented declaration."""
    for location in file.source_code_info.location:
        name = declared_at(file, location.path)
        lines = [line.strip() for line in location.leading_comments.splitlines()]
        text = "\n".join(line for line in lines if not line.startswith(DIRECTIVE)).strip()
        if name and text:
            yield name, text


def declared_at(file: FileDescriptorProto, path: Sequence[int]) -> str:
    """Names what a path of (field number, index) pairs leads to; empty for no declaration."""
    if not path or len(path) % 2:
        return ""
    at: Any = file
    names = [file.package]
    for number, index in zip(path[::2], path[1::2], strict=True):
        part = at.DESCRIPTOR.fields_by_number[number].name
        if part not in DECLARING:
            return ""
        at = getattr(at, part)[index]
        names.append(at.name)
    return ".".join(names)


def generate(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """Returns one file beside the code of the package; none where the package is not asked for."""
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    wanted = set(request.file_to_generate)
    files = [f for f in request.proto_file if f.name in wanted and f.package == PACKAGE]
    comments = dict(pair for file in files for pair in comments_of(file))
    if comments:
        text = json.dumps(comments, ensure_ascii=False, indent=2, sort_keys=True)
        name = f"{PACKAGE.replace('.', '/')}/comments.json"
        response.file.add(name=name, content=f"{text}\n")
    return response


if __name__ == "__main__":
    answer = generate(CodeGeneratorRequest.FromString(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(answer.SerializeToString())
