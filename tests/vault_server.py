"""A Vault of a test's own: answers its official client in the shapes that Vault's API documents.

What it knows: logins by AppRole and Kubernetes, tokens with an end, renewal, KV of both versions,
and how a sealed, an overloaded or a denying server says so. What it does not know is an error.
"""

import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

ROLE_ID = "db02de05-fa39-4855-059b-67221c5c2f63"
KUBERNETES_ROLE = "trader"
PREFLIGHT = "preflight capability check returned 403, please ensure client's policies grant access"


@dataclass
class Token:
    """`ends_s` is None for one that never ends; times of `time.monotonic`."""

    name: str
    ttl_s: float
    max_ends_s: float
    ends_s: float | None
    renewable: bool = True


@dataclass
class Answer:
    status: int
    body: dict[str, Any] = field(default_factory=dict)


def errors(status: int, *texts: str) -> Answer:
    return Answer(status, {"errors": list(texts)})


class VaultServer:
    """On loopback; `kv/` is KV version 2, `old/` version 1. Use as a context."""

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.secret_id = f"secret-id-{uuid4()}"
        self.jwt = f"jwt-{uuid4()}"
        self.token_ttl_s = 1_200.0
        self.token_max_ttl_s = 86_400.0
        self.trouble: Answer | None = None
        self.denied = False
        self.asked: list[tuple[str, str]] = []
        self.namespaces: set[str] = set()
        self.tokens: dict[str, Token] = {}
        self._kv: dict[str, list[dict[str, Any]]] = {}
        self._tls = tls
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}"

    def start(self) -> None:
        vault = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                self._serve(json.loads(self.rfile.read(size) or b"{}"))

            do_PUT = do_POST  # noqa: N815 -- the base class's

            def _serve(self, body: dict[str, Any]) -> None:
                token = self.headers.get("X-Vault-Token", "")
                vault.namespaces.add(self.headers.get("X-Vault-Namespace", ""))
                answer = vault.answer(self.command, self.path, token, body)
                data = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = _Server(("127.0.0.1", self._port), Handler)
        if self._tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Takes no connections until it is started again, at the same address."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None

    def put(self, path: str, **fields: Any) -> None:
        """A new version."""
        versions = self._kv.setdefault(path, [])
        metadata = {
            "created_time": _timestamp(),
            "custom_metadata": None,
            "deletion_time": "",
            "destroyed": False,
            "version": len(versions) + 1,
        }
        versions.append({"data": fields, "metadata": metadata})

    def delete(self, path: str) -> None:
        """The newest version, as `vault kv delete` does."""
        newest = self._kv[path][-1]
        newest["data"] = None
        newest["metadata"]["deletion_time"] = _timestamp()

    def issue(self, ttl_s: float, *, renewable: bool = True) -> str:
        """A token; a time of 0 is that of a root token, without end."""
        now_s = time.monotonic()
        name = f"hvs.{uuid4().hex}"
        ends_s = None if ttl_s == 0 else now_s + min(ttl_s, self.token_max_ttl_s)
        self.tokens[name] = Token(name, ttl_s, now_s + self.token_max_ttl_s, ends_s, renewable)
        return name

    def logins(self) -> int:
        return sum(path.endswith("/login") for _, path in self.asked)

    def renewals(self) -> int:
        return sum(path.endswith("/renew-self") for _, path in self.asked)

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> Answer:
        self.asked.append((method, path))
        if self.trouble is not None:
            return self.trouble
        place = path.removeprefix("/v1/").split("/")
        if place[0] == "auth" and place[-1] == "login":
            return self._login(place[1], body)
        held = self.tokens.get(token)
        if held is None or (held.ends_s is not None and held.ends_s <= time.monotonic()):
            return errors(403, "permission denied", "invalid token")
        return self._granted(place, held)

    def _granted(self, place: list[str], held: Token) -> Answer:
        match place:
            case ["auth", "token", "lookup-self"]:
                return Answer(200, _envelope(data=_about(held)))
            case ["auth", "token", "renew-self"]:
                return self._renew(held)
            case ["sys", "internal", "ui", "mounts", *rest]:
                return self._mount(rest)
            case ["kv", "data", *rest]:
                return self._read_v2("/".join(["kv", *rest]))
            case ["old", *rest]:
                return self._read_v1("/".join(["old", *rest]))
        raise AssertionError(f"this Vault does not know {'/'.join(place)}")

    def _login(self, mount: str, body: dict[str, Any]) -> Answer:
        match mount:
            case "approle" if body != {"role_id": ROLE_ID, "secret_id": self.secret_id}:
                return errors(400, "invalid role or secret ID")
            case "kubernetes" if body != {"role": KUBERNETES_ROLE, "jwt": self.jwt}:
                return errors(403, "permission denied")
            case "approle" | "kubernetes":
                held = self.tokens[self.issue(self.token_ttl_s)]
                return Answer(200, _envelope(auth=_auth(held)))
        return errors(404, "no handler for route")

    def _renew(self, held: Token) -> Answer:
        if held.ends_s is None or not held.renewable:
            return errors(400, "lease is not renewable")
        held.ends_s = min(time.monotonic() + held.ttl_s, held.max_ends_s)
        return Answer(200, _envelope(auth=_auth(held)))

    def _mount(self, path: list[str]) -> Answer:
        if self.denied:
            return errors(403, f'{PREFLIGHT} to path "{"/".join(path)}/"')
        if path[0] not in {"kv", "old"}:
            return errors(403, f'{PREFLIGHT} to path "{"/".join(path)}/"')
        about = {
            "accessor": "kv_f1c8d5e1",
            "config": {"default_lease_ttl": 0, "force_no_cache": False, "max_lease_ttl": 0},
            "description": "",
            "external_entropy_access": False,
            "local": False,
            "options": {"version": "2"} if path[0] == "kv" else None,
            "path": f"{path[0]}/",
            "seal_wrap": False,
            "type": "kv",
            "uuid": str(uuid4()),
        }
        return Answer(200, _envelope(data=about))

    def _read_v2(self, path: str) -> Answer:
        if self.denied:
            return errors(403, "1 error occurred:\n\t* permission denied\n\n")
        if path not in self._kv:
            return errors(404)
        newest = self._kv[path][-1]
        return Answer(404 if newest["data"] is None else 200, _envelope(data=newest))

    def _read_v1(self, path: str) -> Answer:
        if path not in self._kv:
            return errors(404)
        lease = {"lease_duration": 2_764_800}
        return Answer(200, _envelope(data=self._kv[path][-1]["data"]) | lease)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self._connections: list[socket.socket] = []
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        """On those that wait for another request, too."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


SEALED = errors(503, "Vault is sealed")
BUSY = errors(429, 'request path "kv/data/binance": rate limit quota exceeded')
BROKEN = errors(500, "internal error")


def _envelope(*, data: Any = None, auth: Any = None) -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": data,
        "wrap_info": None,
        "warnings": None,
        "auth": auth,
        "mount_type": "kv" if auth is None else "",
    }


def _auth(held: Token) -> dict[str, Any]:
    return {
        "client_token": held.name,
        "accessor": "fd6c9a00-d2dc-3b11-0be5-af7ae0e1d374",
        "policies": ["default", "trader"],
        "token_policies": ["default", "trader"],
        "metadata": {"role_name": "trader"},
        "lease_duration": _left_s(held),
        "renewable": held.renewable,
        "entity_id": "",
        "token_type": "service",
        "orphan": True,
        "mfa_requirement": None,
        "num_uses": 0,
    }


def _about(held: Token) -> dict[str, Any]:
    return {
        "accessor": "8609694a-cdbc-db9b-d345-e782dbb562ed",
        "creation_ttl": int(held.ttl_s),
        "display_name": "token",
        "expire_time": None if held.ends_s is None else _timestamp(),
        "explicit_max_ttl": 0,
        "id": held.name,
        "num_uses": 0,
        "orphan": True,
        "path": "auth/token/create",
        "policies": ["default", "trader"],
        "renewable": held.renewable,
        "ttl": _left_s(held),
        "type": "service",
    }


def _left_s(held: Token) -> int:
    return 0 if held.ends_s is None else round(held.ends_s - time.monotonic())


def _timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
