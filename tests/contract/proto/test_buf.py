"""The contract is well formed and breaks no user of the release; each of these checks can fail."""

from pathlib import Path

import pytest

RELEASED = "proto/gen/released/aitrader.v1.binpb"

CHECKS = {
    "lint": ("lint",),
    "format": ("format", "--diff", "--exit-code"),
    "breaking": ("breaking", "--against", RELEASED),
}

PLANTED = {
    "a field without a comment": ("lint", "  // Asset code, e.g. `BTC`.\n", ""),
    "a name against the convention": ("lint", "string venue_order_id", "string venueOrderId"),
    "a second space": ("format", "string venue_order_id", "string  venue_order_id"),
    "another type": ("breaking", "string venue_order_id", "int64 venue_order_id"),
    "another number": ("breaking", "SIDE_SELL = 2", "SIDE_SELL = 3"),
    "another name": ("breaking", "string venue_order_id", "string exchange_order_id"),
    "a field taken away": (
        "breaking",
        "  // The venue's id; empty until acknowledged.\n  string venue_order_id = 2;\n",
        "",
    ),
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_contract_passes(check, buf):
    answer = buf(*CHECKS[check])
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_fault_is_found(plant, buf, contract_copy: Path):
    check, before, after = PLANTED[plant]
    common = contract_copy / "proto/aitrader/v1/common.proto"
    text = common.read_text()
    assert before in text
    common.write_text(text.replace(before, after, 1))

    answer = buf(*CHECKS[check], folder=contract_copy)

    assert answer.returncode != 0
    assert "common.proto" in answer.stdout + answer.stderr


def test_an_added_field_breaks_nobody(buf, contract_copy: Path):
    common = contract_copy / "proto/aitrader/v1/common.proto"
    last = "  TradingState state = 1;\n"
    text = common.read_text()
    assert last in text
    common.write_text(text.replace(last, f"{last}  // Added.\n  string added = 99;\n", 1))

    answer = buf(*CHECKS["breaking"], folder=contract_copy)

    assert answer.returncode == 0, answer.stdout + answer.stderr
