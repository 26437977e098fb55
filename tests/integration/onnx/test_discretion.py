"""What runs the weights keeps to itself: it collects nothing to send to whoever made it."""

import os
import subprocess
import sys

import pytest
from aitrader_models.onnx.plugin import create
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.ports import ModelContext


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def environ(home):
    """Of a machine on which nobody asked for discretion; one of tests would be left alone."""
    home.mkdir()
    asked = ("CI", "ORT_DISABLE_TELEMETRY")
    return {k: v for k, v in os.environ.items() if k not in asked} | {"HOME": str(home)}


async def test_the_process_leaves_nothing_at_home(pattern, start, environ, home):
    served = await start(pattern)
    context = ModelContext(environ=environ, clock=served.clock, report=served.log.append)
    model = create({"folder": pattern, "threads": 1, "priority": "normal"}, context)
    await model.start()
    try:
        await served.until(lambda: model.describe().ready)
        await model.analyze(News(text="hack"), 60.0)
    finally:
        await model.stop()
    assert list(home.rglob("*")) == []


def test_the_tools_leave_nothing_at_home(pattern, environ, home):
    run = "from aitrader_models.command import models; models()"
    command = [sys.executable, "-c", run, "verify", str(pattern)]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "golden texts as measured" in done.stdout
    assert list(home.rglob("*")) == []
