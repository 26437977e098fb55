"""Both shippers are told only what they know, and lead every line to an end."""

import io
import string
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from aitrader_server.adapters.logs import start_logging
from log_shippers import FLUENT_BIT, VECTOR, fields_of, read, unconnected, unrouted, variables

OF_INPUT = {"name", "tag", "mem_buf_limit", "storage.type"}
OF_OUTPUT = {"name", "match", "host", "port", "retry_limit", "tls", "tls.verify"} | {
    "storage.total_limit_size"
}
# What their manuals list, of what is of use here.
FLUENT_BIT_KEYS = {
    "service": {"flush", "log_level", "http_server", "http_listen", "http_port"}
    | {"storage.path", "storage.sync", "storage.backlog.mem_limit"},
    "parser": {"name", "format", "time_key", "time_format", "time_keep"},
    "tail": OF_INPUT
    | {"path", "parser", "db", "db.sync", "refresh_interval", "read_from_head"}
    | {"rotate_wait", "skip_long_lines"},
    "loki": OF_OUTPUT | {"http_user", "http_passwd", "labels", "label_keys", "line_format"},
    "http": OF_OUTPUT | {"uri", "format"},
}
VECTOR_KEYS = {
    "file": {"type", "include", "read_from", "glob_minimum_cooldown_ms", "max_line_bytes"},
    "remap": {"type", "inputs", "drop_on_error", "source"},
    "loki": {"type", "inputs", "endpoint", "auth", "encoding", "labels", "buffer"}
    | {"out_of_order_action"},
    "http": {"type", "inputs", "uri", "method", "encoding", "framing", "buffer"},
}


def test_fluent_bit_is_told_what_it_knows():
    config = read(FLUENT_BIT)
    assert config.keys() == {"service", "parsers", "pipeline"}
    assert config["service"].keys() <= FLUENT_BIT_KEYS["service"]
    for parser in config["parsers"]:
        assert parser.keys() <= FLUENT_BIT_KEYS["parser"]
    pipeline = config["pipeline"]
    for entry in (*pipeline["inputs"], *pipeline["outputs"]):
        assert entry.keys() <= FLUENT_BIT_KEYS[entry["name"]], entry["name"]


def test_fluent_bit_loses_nothing_on_the_way():
    config = read(FLUENT_BIT)
    pipeline = config["pipeline"]
    assert unrouted(pipeline) == []
    databases = [entry["db"] for entry in pipeline["inputs"]]
    assert len(set(databases)) == len(databases)
    parsers = {parser["name"] for parser in config["parsers"]}
    for entry in pipeline["inputs"]:
        assert entry["parser"] in parsers
        assert entry["refresh_interval"] == 1
        assert entry["storage.type"] == "filesystem"
    assert all(entry["retry_limit"] == "no_limits" for entry in pipeline["outputs"])


def test_vector_is_told_what_it_knows():
    config = read(VECTOR)
    assert config.keys() == {"data_dir", "sources", "transforms", "sinks"}
    for part in (*config["sources"].values(), *config["transforms"].values()):
        assert part.keys() <= VECTOR_KEYS[part["type"]]
    for sink in config["sinks"].values():
        assert sink.keys() <= VECTOR_KEYS[sink["type"]]
        assert (sink["buffer"]["type"], sink["buffer"]["when_full"]) == ("disk", "block")
    assert unconnected(config) == []


@pytest.mark.parametrize("path", [FLUENT_BIT, VECTOR], ids=lambda path: path.name)
def test_the_variables_are_named(path):
    named, used = variables(path)
    assert named == used


def test_a_wrong_route_would_be_noticed():
    taken = {"inputs": [{"tag": "a.b"}], "outputs": [{"match": "a.*"}, {"match": "c"}]}
    assert unrouted(taken) == ["c"]
    assert unrouted({"inputs": [{"tag": "a.b"}], "outputs": []}) == ["a.b"]
    graph = {"sources": {"a": {}}, "sinks": {"b": {"inputs": ["c"]}}}
    assert unconnected(graph) == ["a", "c"]


def test_a_line_is_read_with_its_time():
    stream = io.StringIO()
    logs = start_logging(stream=stream, fields={"environment": "paper", "account": "a"})
    structlog.get_logger("aitrader_server.test").info("order placed", text=string.printable)
    logs.stop()
    fields = fields_of(stream.getvalue().rstrip("\n"))
    assert fields["text"] == string.printable
    assert abs(datetime.now(UTC) - fields["shipped_at"]) < timedelta(minutes=5)
    # What Loki's streams are made of, here and there.
    assert {"environment", "account", "level"} <= fields.keys()
