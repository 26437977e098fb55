"""The comments that are generated are those of every declaration, and of nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aitrader.v1 import (
    common_pb2,
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor

ROOT = Path(__file__).parents[3]
COMMENTS = "proto/gen/aitrader/v1/comments.json"
FILES: list[FileDescriptor] = [
    module.DESCRIPTOR
    for module in (
        common_pb2,
        market_data_pb2,
        observability_pb2,
        risk_pb2,
        sentiment_pb2,
        trading_pb2,
    )
]


def of_enum(enum: EnumDescriptor) -> Iterator[str]:
    yield enum.full_name
    yield from (f"{enum.full_name}.{value.name}" for value in enum.values)


def of_message(message: Descriptor) -> Iterator[str]:
    if message.GetOptions().map_entry:
        return
    yield message.full_name
    yield from (field.full_name for field in message.fields)
    for enum in message.enum_types:
        yield from of_enum(enum)
    for nested in message.nested_types:
        yield from of_message(nested)


def declarations() -> Iterator[str]:
    for file in FILES:
        for service in file.services_by_name.values():
            yield service.full_name
            yield from (method.full_name for method in service.methods)
        for message in file.message_types_by_name.values():
            yield from of_message(message)
        for enum in file.enum_types_by_name.values():
            yield from of_enum(enum)


def test_every_declaration_has_its_comment():
    comments = json.loads((ROOT / COMMENTS).read_text(encoding="utf-8"))
    assert len(FILES) == len(list((ROOT / "proto/aitrader/v1").glob("*.proto")))
    assert len(comments) > 500
    assert comments.keys() == set(declarations())
    assert all(comments.values())


def test_the_file_can_be_compared_line_by_line():
    text = (ROOT / COMMENTS).read_text(encoding="utf-8")
    keys = list(json.loads(text))
    assert keys == sorted(keys)
    assert text.endswith("\n}\n")
    assert text.count("\n") == len(keys) + 2


NESTED = """
// Outer,
// on two lines.
message Outer {
  // Inner, “quoted”.
  enum Inner {
    // None.
    INNER_UNSPECIFIED = 0;
  }
  // Held.
  message Held {
    // buf:lint:ignore FIELD_LOWER_SNAKE_CASE
    // A map.
    map<string, Inner> kinds = 1; // Trails.
  }
  // One of.
  oneof one {
    // Chosen.
    string chosen = 2;
  }
  string bare = 3;
}
"""


@pytest.fixture
def generated(buf, contract_copy: Path) -> dict[str, str]:
    """The comments of a contract that declares more than ours does."""
    common = contract_copy / "proto/aitrader/v1/common.proto"
    common.write_text(common.read_text() + NESTED)
    template = {
        "version": "v2",
        "plugins": [
            {
                "local": ["python", "proto/plugins/protoc_gen_comments.py"],
                "out": "proto/gen",
                "strategy": "all",
            }
        ],
    }
    answer = buf("generate", "--template", json.dumps(template), folder=contract_copy)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    found: dict[str, str] = json.loads((contract_copy / COMMENTS).read_text(encoding="utf-8"))
    return found


def test_a_changed_contract_changes_the_file(generated):
    outer = "aitrader.v1.Outer"
    assert {name: text for name, text in generated.items() if name.startswith(outer)} == {
        outer: "Outer,\non two lines.",
        f"{outer}.Inner": "Inner, “quoted”.",
        f"{outer}.Inner.INNER_UNSPECIFIED": "None.",
        f"{outer}.Held": "Held.",
        f"{outer}.Held.kinds": "A map.",
        f"{outer}.chosen": "Chosen.",
    }


def test_other_packages_have_no_such_file(generated, contract_copy: Path):
    found = (contract_copy / "proto/gen").rglob("comments.json")
    assert [path.relative_to(contract_copy).as_posix() for path in found] == [COMMENTS]
