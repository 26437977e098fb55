"""Rules of the contract that buf does not know: routes, bounds on text, ids in paths."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from buf.validate.validate_pb2 import FieldRules, field
from google.api.annotations_pb2 import http
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

# Text fields of requests that may stay unbounded: none. Name one as `Message.field`, and say why.
UNBOUNDED: frozenset[str] = frozenset()

# Bidirectional streams have no REST form.
WITHOUT_ROUTE = {"OrderSession", "StreamAnalyze"}

VARIABLE = re.compile(r"\{(\w+)(?:=[^}]*)?\}")


class Contract:
    """The compiled contract, as the rules read it."""

    def __init__(self, image: FileDescriptorSet) -> None:
        ours = [file for file in image.file if file.package == "aitrader.v1"]
        self.methods: list[MethodDescriptorProto] = [
            method for file in ours for service in file.service for method in service.method
        ]
        self.messages: dict[str, DescriptorProto] = {
            f".{file.package}.{message.name}": message
            for file in ours
            for message in file.message_type
        }

    def routes(self) -> Iterator[tuple[str, str, str]]:
        """Yields (RPC, verb, path) of every route, further bindings included."""
        for method in self.methods:
            if not method.options.HasExtension(http):
                continue
            first = method.options.Extensions[http]
            for rule in (first, *first.additional_bindings):
                verb = rule.WhichOneof("pattern")
                assert verb is not None, method.name
                yield method.name, verb, getattr(rule, verb)

    def request_texts(self) -> Iterator[tuple[str, FieldDescriptorProto]]:
        """Yields every text field that a caller can fill, however deep."""
        waiting = [method.input_type for method in self.methods]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self.messages:
                continue
            seen.add(name)
            for member in self.messages[name].field:
                if member.type == FieldDescriptorProto.TYPE_STRING:
                    yield f"{self.messages[name].name}.{member.name}", member
                elif member.type == FieldDescriptorProto.TYPE_MESSAGE:
                    waiting.append(member.type_name)

    def unbounded(self) -> set[str]:
        return {name for name, member in self.request_texts() if not is_bounded(member)}

    def admits_empty_id(self) -> set[str]:
        """Ids in paths that may be empty, so that a path without them would be another route."""
        requests = {method.name: method.input_type for method in self.methods}
        texts = dict(self.request_texts())
        return {
            f"{rpc}: {path}"
            for rpc, _, path in self.routes()
            for variable in VARIABLE.findall(path)
            if admits_empty(texts[f"{requests[rpc].rpartition('.')[2]}.{variable}"])
        }


def rules_of(member: FieldDescriptorProto) -> FieldRules:
    rules = member.options.Extensions[field]
    if member.label == FieldDescriptorProto.LABEL_REPEATED:
        return rules.repeated.items
    return rules


def is_bounded(member: FieldDescriptorProto) -> bool:
    text = rules_of(member).string
    pattern = text.pattern
    # Anchored, and nothing in it repeats without an end.
    ends = re.match(r"^\^.*\$$", pattern) and not re.search(r"[^\\][*+]|\{\d+,\}", pattern)
    many = member.label == FieldDescriptorProto.LABEL_REPEATED
    counted = not many or member.options.Extensions[field].repeated.HasField("max_items")
    return counted and (text.HasField("max_len") or bool(ends))


def admits_empty(member: FieldDescriptorProto) -> bool:
    text = rules_of(member).string
    return text.min_len == 0 and not (text.pattern and not re.search(text.pattern, ""))


@pytest.fixture
def compiled(buf, tmp_path: Path):
    def build(folder: Path = Path(__file__).parents[3]) -> Contract:
        image = tmp_path / "image.binpb"
        answer = buf("build", "--output", str(image), folder=folder)
        assert answer.returncode == 0, answer.stderr
        return Contract(FileDescriptorSet.FromString(image.read_bytes()))

    return build


@pytest.fixture
def planted(compiled, contract_copy: Path):
    """The contract with one text replaced in trading.proto."""

    def build(before: str, after: str) -> Contract:
        trading = contract_copy / "proto/aitrader/v1/trading.proto"
        text = trading.read_text()
        assert before in text
        trading.write_text(text.replace(before, after, 1))
        return compiled(contract_copy)

    return build


def repeated_routes(contract: Contract) -> list[tuple[str, str]]:
    # Variables count as equal whatever their name: the router could not tell them apart.
    seen = Counter((verb, VARIABLE.sub("{}", path)) for _, verb, path in contract.routes())
    return [route for route, times in seen.items() if times > 1]


def test_every_route_is_unique(compiled):
    contract = compiled()
    assert len(list(contract.routes())) > 30
    assert repeated_routes(contract) == []


def test_a_repeated_route_is_found(planted):
    contract = planted('get: "/live/orders/{request_id}"', 'get: "/live/quotes/{request_id}"')
    assert repeated_routes(contract) == [("get", "/live/quotes/{}")]


def test_every_rpc_has_a_route_except_the_two_way_streams(compiled):
    contract = compiled()
    routed = {rpc for rpc, _, _ in contract.routes()}
    unrouted = [method for method in contract.methods if method.name not in routed]
    assert {method.name for method in unrouted} == WITHOUT_ROUTE
    assert all(method.client_streaming and method.server_streaming for method in unrouted)


def test_every_text_of_a_request_is_bounded(compiled):
    contract = compiled()
    assert len(dict(contract.request_texts())) > 50
    # Equal, not a subset: a name that has become bounded must leave the list.
    assert contract.unbounded() == UNBOUNDED


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (" [(buf.validate.field).string.max_len = 10000]", "", "TradeRequest.news_text"),
        ("{0,64}$", "*$", "TradeRequest.strategy"),
        ("{0,64}$", "{0,64}", "TradeRequest.strategy"),
        ("max_items: 100\n", "", "FlattenRequest.symbols"),
    ],
    ids=["no rule", "an endless pattern", "an open pattern", "a list without an end"],
)
def test_an_unbounded_text_is_found(planted, before: str, after: str, name: str):
    assert name in planted(before, after).unbounded()


def test_no_id_in_a_path_may_be_empty(compiled):
    assert compiled().admits_empty_id() == set()


def test_an_id_that_may_be_empty_is_found(planted):
    pattern = 'pattern = "^[A-Za-z0-9_-]{1,36}$"'
    contract = planted(pattern, pattern.replace("{1,", "{0,"))
    assert contract.admits_empty_id() == {"GetOrder: /live/orders/{request_id}"}
