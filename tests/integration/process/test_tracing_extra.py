"""A collector that is named without the library that speaks to it."""

import subprocess
import sys

EX_CONFIG = 78
TIMEOUT_S = 60
# None in sys.modules is how Python itself says that a module is not to be had.
WITHOUT_IT = """
import sys
sys.modules["opentelemetry"] = None
from aitrader_clients.cli import main
main(sys.argv[1:])
"""
SETTINGS = (
    "execution.gateway=paper",
    "account=paper",
    "grpc.port=0",
    "rest.port=0",
    "tracing.otlp_url=http://127.0.0.1:4317",
)


def test_a_start_says_what_to_install(tmp_path):
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_IT, "serve", *words],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ran.returncode == EX_CONFIG, ran.stderr
    assert (
        "tracing.otlp_url: opentelemetry.exporter is missing: in the project's folder, "
        "pip install '.[otel]'\n" in ran.stderr
    )
