"""python-binance's client, held to one venue and to one try a request.

Private names of python-binance 1.0.37 and aiohttp are used here; a contract test watches them.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp
import msgspec
from binance.async_client import AsyncClient
from binance.base_client import BaseClient
from binance.exceptions import BinanceAPIException, BinanceRequestException

from aitrader_gateway.binance.endpoints import Endpoints
from aitrader_gateway.binance.keys import Credentials

# Longer than the 10 s after which the venue itself gives up: its -1007 is worth waiting for.
REQUEST_TIMEOUT_S: Final = 12.0
CONNECT_TIMEOUT_S: Final = 3.0
CONNECTIONS_MAX: Final = 64
READ_RECV_WINDOW_MS: Final = 5000
# A full exchangeInfo has several MiB.
REPLY_BYTES_MAX: Final = 2**24
# A name that never resolves (RFC 6761): whatever is not Spot goes nowhere.
NOWHERE: Final = "https://closed.invalid"

KEY_HEADER: Final = "X-MBX-APIKEY"

# What stands for itself in a form; names of parameters always do.
PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]*").fullmatch

# What msgspec raises, for letters that are none and for too many brackets as well.
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

ReplyListener = Callable[[int, Mapping[str, str], bytes], None]


class VenueRefusal(BinanceAPIException):  # type: ignore[misc] # python-binance has no types
    """Any reply but a success; `data` is what python-binance leaves out of it, None without."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        decoded = _decode(body)
        is_object = isinstance(decoded, dict)
        super().__init__(response, response.status, body if is_object else "")
        self.data = decoded.get("data") if is_object else None


class _Prepared(dict[str, Any]):
    """Text that has been put together before, and the header that belongs to it."""


class GatewayClient(AsyncClient):  # type: ignore[misc] # python-binance has no types
    """Requests to one venue, each sent once; made inside a running loop, without any traffic.

    `on_reply(status, headers, body)` sees every reply before it is returned or raised; `body` is
    empty when the request succeeded.
    """

    REQUEST_RECVWINDOW = READ_RECV_WINDOW_MS

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: Credentials,
        on_reply: ReplyListener,
        *,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        for name in url_families():
            setattr(self, name, NOWHERE)
        # Whichever of the three a flag would choose, it is this venue.
        self.API_URL = self.API_TESTNET_URL = self.API_DEMO_URL = endpoints.rest_url
        self.WS_API_URL = self.WS_API_TESTNET_URL = self.WS_API_DEMO_URL = endpoints.ws_api_url
        self._on_reply = on_reply
        timeout = aiohttp.ClientTimeout(total=request_timeout_s, connect=connect_timeout_s)
        super().__init__(
            credentials.api_key,
            credentials.hmac_secret,
            # A redirected POST would come back as a GET that looks like success.
            requests_params={"timeout": timeout, "allow_redirects": False},
            session_params={
                "connector": aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
                "cookie_jar": aiohttp.DummyCookieJar(),
            },
            private_key=credentials.private_key,
        )

    def adopt(self, credentials: Credentials) -> None:
        """Signs with `credentials` from now on; connections stay."""
        self.API_KEY = credentials.api_key
        self.API_SECRET = credentials.hmac_secret
        self._is_rsa = False
        self.PRIVATE_KEY = self._init_private_key(credentials.private_key)

    async def send(self, method: str, path: str, parameters: Mapping[str, str]) -> Any:
        """Sends `parameters` in their order; see `send_text`."""
        return await self.send_text(method, path, form_text(parameters))

    async def send_text(self, method: str, path: str, text: str, api_key: str = "") -> Any:
        """Sends `text` exactly as it is, as a query or a form; returns the decoded JSON.

        `api_key` goes with it; without one the key that signs now. `method` is in lower case.
        Raises whatever python-binance and aiohttp raise.
        """
        headers = {KEY_HEADER: api_key or self.API_KEY}
        prepared = _Prepared(headers=headers, text=text)
        return await self._request_api(method, path, signed=False, data=prepared)

    def signed(self, parameters: Mapping[str, str]) -> str:
        """The text that is sent for `parameters`, with the signature over it."""
        text = form_text(dict(sorted(parameters.items())))
        return f"{text}&signature={quote_plus(self._signature(text))}"

    def _signature(self, text: str) -> str:
        # python-binance itself signs text that it then encodes: the venue refuses that.
        if self.PRIVATE_KEY is None:
            return str(self._hmac_signature(text))
        return str(self._rsa_signature(text) if self._is_rsa else self._ed25519_signature(text))

    def _init_session(self) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = super()._init_session()
        # aiohttp repeats a PUT or DELETE whose connection drops: a cancel would run twice.
        session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return session

    def _get_request_kwargs(
        self, method: str, signed: bool, force_params: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        """Leaves text alone that has been put together before: it may be signed."""
        data = kwargs.get("data")
        if not isinstance(data, _Prepared):
            prepared: dict[str, Any] = super()._get_request_kwargs(
                method, signed, force_params, **kwargs
            )
            return prepared
        text = data["text"]
        if method != "get":
            return {**self._requests_params, "data": text.encode()}
        return {**self._requests_params, "params": text} if text else dict(self._requests_params)

    async def _handle_response(self, response: aiohttp.ClientResponse) -> Any:
        """The decoded body; raises as python-binance does, whatever the body is made of."""
        body = await _read(response)
        succeeded = HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
        self._on_reply(response.status, response.headers, b"" if succeeded else body)
        if not succeeded:
            raise VenueRefusal(response, body)
        decoded = _decode(body) if body else {}
        if decoded is None:
            raise BinanceRequestException("the body is not JSON")
        return decoded


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body; raises BinanceRequestException for one that no venue in its senses sends."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > REPLY_BYTES_MAX:
            response.close()
            raise BinanceRequestException(f"the body is larger than {REPLY_BYTES_MAX} bytes")
    return bytes(body)


def form_text(parameters: Mapping[str, str]) -> str:
    """`parameters` as application/x-www-form-urlencoded."""
    return "&".join([f"{k}={v if PLAIN(v) else quote_plus(v)}" for k, v in parameters.items()])


def _decode(body: bytes) -> Any:
    """What `body` says as JSON, None when it is none."""
    try:
        return msgspec.json.decode(body)
    except NOT_JSON:
        return None


def url_families() -> tuple[str, ...]:
    """Names of all addresses that python-binance knows."""
    return tuple(name for name in dir(BaseClient) if name.endswith("_URL"))
