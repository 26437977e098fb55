"""An AWS Secrets Manager of a test's own: an emulator's process, which can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Self

import boto3
from botocore.config import Config

START_TIMEOUT_S = 60
REGION = "eu-central-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAFORTESTS",
    "AWS_SECRET_ACCESS_KEY": "for-tests-aws-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class AwsServer:
    """On a free port of this machine; keeps what it has in memory. Use as a context."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self._secrets: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill9()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def client(self) -> Any:
        """The administrator's."""
        return boto3.session.Session().client(
            "secretsmanager",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(connect_timeout=5, read_timeout=30),
        )

    def start(self) -> None:
        """Empty, but for what was put by `put` before."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)],
            env={**os.environ, **CREDENTIALS},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            assert self._process.poll() is None, "the emulator ended"
            assert time.monotonic() < deadline_s, "the emulator did not start in time"
            time.sleep(0.05)
        for name, text in self._secrets.items():
            self.client.create_secret(Name=name, SecretString=text)

    def kill9(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(START_TIMEOUT_S)
            self._process = None

    def put(self, name: str, text: str) -> None:
        """A new version that is current at once."""
        if name in self._secrets:
            self.client.put_secret_value(SecretId=name, SecretString=text)
        else:
            self.client.create_secret(Name=name, SecretString=text)
        self._secrets[name] = text

    def delete(self, name: str) -> None:
        """For good."""
        self.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        del self._secrets[name]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return True
        except OSError:
            return False
