"""Descriptors that exist for these tests only, in a pool of their own."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

HERE = Path(__file__).parent
PROTO = HERE.parents[2] / "proto"


def compile_proto(source: Path, out: Path) -> descriptor_pool.DescriptorPool:
    include = importlib.resources.files("grpc_tools") / "_proto"
    arguments = [f"-I{source.parent}", f"-I{PROTO}", f"-I{include}", "--include_imports"]
    assert protoc.main(["protoc", *arguments, f"-o{out}", str(source)]) == 0
    files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


class Zoo:
    """The test service and its messages."""

    def __init__(self, pool: descriptor_pool.DescriptorPool) -> None:
        self.pool = pool
        self.service = pool.FindServiceByName("zoo.v1.ZooService")
        for name, descriptor in self.service.file.message_types_by_name.items():
            setattr(self, name, message_factory.GetMessageClass(descriptor))


@pytest.fixture(scope="session")
def zoo(tmp_path_factory) -> Zoo:
    return Zoo(compile_proto(HERE / "zoo.proto", tmp_path_factory.mktemp("zoo") / "zoo.pb"))


@pytest.fixture(scope="session")
def compile_text(tmp_path_factory):
    """Compile proto text written in a test and give its only service."""

    def compile_(rules: str):
        folder = tmp_path_factory.mktemp("text")
        source = folder / "text.proto"
        source.write_text(
            'syntax = "proto3"; package text.v1; import "google/api/annotations.proto";'
            "message M { string name = 1; repeated string tags = 2; M inner = 3; "
            "map<string, string> labels = 4; }"
            f"service S {{ {rules} }}"
        )
        return compile_proto(source, folder / "text.pb").FindServiceByName("text.v1.S")

    return compile_
