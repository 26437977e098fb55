"""A hub that speaks the real protocol on the loopback, and what the tool tells and asks it."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aitrader_models.manifest import read_manifest
from exported_models import run_models, tiny_source

pytestmark = pytest.mark.timeout(600)

REVISION = "4556d13015211d73dccd3fdd39d39232506f3e43"
TOKEN = "hf_thisMustNeverBePrinted"


class Hub(ThreadingHTTPServer):
    """Serves one model as `somebody/sentiment`; `asked` are the paths, `tokens` what came along."""

    def __init__(self, folder: Path, license_name: str | None = None) -> None:
        self.folder = folder
        self.license_name = license_name
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.tokens.add(self.headers["Authorization"])
        path = self.path.partition("?")[0]
        resolve = f"/somebody/sentiment/resolve/{REVISION}/"
        if path.startswith("/api/models/somebody/sentiment"):
            names = sorted(file.name for file in self.server.folder.iterdir())
            self.answer(
                json.dumps(
                    {
                        "id": "somebody/sentiment",
                        "sha": REVISION,
                        "siblings": [{"rfilename": name} for name in names],
                        "cardData": {"license": self.server.license_name},
                    }
                ).encode(),
                "application/json",
            )
        elif path.startswith(resolve):
            self.answer((self.server.folder / path.removeprefix(resolve)).read_bytes())
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_HEAD = do_GET  # noqa: N815 -- the library names the methods

    def answer(self, content: bytes, kind: str = "application/octet-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *args) -> None:
        """The test looks at what was asked."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(tiny_source()) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(hub, tmp_path, source, *arguments):
    return run_models(
        *("export", source, "--to", tmp_path / "model", "--precision", "fp32", *arguments),
        HF_ENDPOINT=hub.url,
        HF_HOME=str(tmp_path / "home"),
        HF_TOKEN=TOKEN,
    )


def test_nothing_is_fetched_before_the_terms_are_accepted(hub, tmp_path):
    done = fetch(hub, tmp_path, "somebody/sentiment")
    assert done.returncode == 1
    assert "its card declares no licence" in done.stderr
    assert "--accept-terms" in done.stderr
    assert [path for path in hub.asked if not path.startswith("/api/models/")] == []
    assert not (tmp_path / "model").exists()


def test_an_accepted_model_is_fetched_and_its_revision_recorded(hub, tmp_path):
    hub.license_name = "apache-2.0"
    done = fetch(hub, tmp_path, "somebody/sentiment", "--accept-terms")
    assert done.returncode == 0, done.stderr
    assert "its card declares the licence apache-2.0" in done.stderr
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert TOKEN not in done.stderr + done.stdout
    manifest = read_manifest(tmp_path / "model")
    assert manifest.source == f"somebody/sentiment@{REVISION}"
    assert manifest.name == "sentiment"
    assert manifest.license == "apache-2.0"
    assert TOKEN not in (tmp_path / "model" / "manifest.json").read_text()
    assert (tmp_path / "home" / "hub").is_dir()


def test_a_model_that_the_hub_does_not_have_is_named(hub, tmp_path):
    done = fetch(hub, tmp_path, "nobody/nothing", "--accept-terms")
    assert done.returncode == 1
    assert f"nobody/nothing could not be fetched from {hub.url}" in done.stderr
    assert "HF_TOKEN" in done.stderr
    assert TOKEN not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_local_folder_asks_nobody_and_must_have_its_own_vocabulary(hub, tmp_path):
    source = shutil.copytree(tiny_source(), tmp_path / "source")
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    del vocabulary[max(vocabulary, key=vocabulary.__getitem__)]
    (source / "tokenizer.json").write_text(json.dumps(tokenizer))
    done = fetch(hub, tmp_path, source)
    assert done.returncode == 1
    assert "the tokenizer has 1999 words, but the model learnt 2000" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]
    assert hub.asked == []
