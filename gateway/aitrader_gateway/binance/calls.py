"""The only way by which a request leaves: within its budget, once, and never raising."""

from collections.abc import Mapping
from typing import Any, Final

from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.budgets import RateBudgets
from aitrader_gateway.binance.client import READ_RECV_WINDOW_MS, GatewayClient, form_text
from aitrader_gateway.binance.endpoints import Endpoints
from aitrader_gateway.binance.keyring import Keyring
from aitrader_gateway.binance.keys import Credentials
from aitrader_gateway.binance.operations import SERVER_TIME, Operation
from aitrader_gateway.binance.outcome import KEY_CODES, REQUEST_ERRORS, Failure, Verdict, classify
from aitrader_gateway.binance.reports import TimeRecord, read
from aitrader_gateway.binance.server_time import ServerTime

_NS_PER_MS: Final = 1_000_000
OUTSIDE_WINDOW: Final = -1021
_CLOSED: Final = Failure(verdict=Verdict.NOT_SENT, reason="the gateway is not started")
# Whoever signs again on that code signs with the key that serves.
_RETIRED: Final = Failure(
    verdict=Verdict.NOT_SENT, reason="the key that signed it is retired", code=OUTSIDE_WINDOW
)


class Calls:
    """Requests of one account to one venue; none leaves before `open` and after `close`.

    `key_refusal` is what the venue said when it last refused the serving key or its signature;
    empty while it takes them. `uid` is the account's number at the venue, 0 before it was told.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: Credentials,
        clock: Clock,
        beside: "Calls | None" = None,
    ) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._client: GatewayClient | None = None
        self._is_open = False
        self.keys = Keyring(credentials)
        self.key_refusal = ""
        self.uid = 0
        self.server_time = ServerTime(clock, self._read_server_time)
        self.budgets = RateBudgets(clock, self.server_time)
        if beside is not None:
            self.server_time, self.budgets = beside.server_time, beside.budgets

    @property
    def rest_url(self) -> str:
        """Where requests go."""
        return self._endpoints.rest_url

    @property
    def credentials(self) -> Credentials:
        """The key that signs now."""
        return self.keys.serving

    @property
    def client(self) -> GatewayClient:
        """python-binance's client; there is none before the first `open`."""
        assert self._client is not None, "nothing is signed or sent before the start"
        return self._client

    def open(self, credentials: Credentials | None = None) -> None:
        """Makes the client; to be called inside the loop that it is used in.

        Signs with `credentials`, if given, from the first request on.
        """
        if credentials is not None:
            self.keys = Keyring(credentials)
        self._client = GatewayClient(self._endpoints, self.credentials, self.budgets.on_reply)
        self._is_open = True

    def beside(self, credentials: Credentials) -> "Calls":
        """Requests under another key by a client of their own; clock and budgets are shared."""
        return Calls(self._endpoints, credentials, self._clock, beside=self)

    def adopt(self, credentials: Credentials, now_s: float) -> None:
        """Signs with `credentials` from now on; what was signed before leaves as it is."""
        self.keys.adopt(credentials, now_s)
        self.client.adopt(credentials)
        self.key_refusal = ""

    async def close(self) -> None:
        """Ends every connection; what is under way fails as unknown."""
        self._is_open = False
        if self._client is not None:
            await self._client.session.close()

    def venue_ms(self, at_ns: int) -> int:
        """Our `at_ns` by the venue's clock."""
        return at_ns // _NS_PER_MS + self.server_time.assumed_offset_ms

    async def sync(self) -> bool:
        """Reads the venue's clock; False when it did not answer."""
        return await self.server_time.sync()

    async def call(self, operation: Operation, parameters: Mapping[str, str]) -> Any:
        """The decoded reply, or a Failure.

        What is signed here is signed now; when the venue finds it ill-timed, our clock is set and
        it is tried once more.
        """
        if not (operation.signed and self._is_open):
            return await self.send(operation, parameters)
        result = await self.send_text(operation, *self._sign_now(parameters))
        if isinstance(result, Failure) and result.code == OUTSIDE_WINDOW and await self.sync():
            result = await self.send_text(operation, *self._sign_now(parameters))
        return result

    async def send(self, operation: Operation, parameters: Mapping[str, str]) -> Any:
        """Sends `parameters` unsigned, once: the decoded reply, or a Failure."""
        return await self.send_text(operation, form_text(parameters))

    async def send_text(self, operation: Operation, text: str, key_id: str = "") -> Any:
        """Sends `text` exactly as it is, once, under the key that signed it.

        The decoded reply, or a Failure; one of OUTSIDE_WINDOW when that key is retired.
        """
        budgets = self.budgets
        if not self._is_open:
            return _CLOSED
        key = self.keys.find(key_id)
        if key is None:
            return _RETIRED
        refusal = budgets.reserve(operation.purpose, operation.weight, operation.orders)
        if refusal:
            return Failure(verdict=Verdict.NOT_SENT, reason=refusal)
        try:
            with self.keys.request(key.key_id):
                result = await self.client.send_text(
                    operation.method, operation.path, text, key.api_key
                )
        except REQUEST_ERRORS as error:
            result = classify(error)
        finally:
            budgets.release(operation.weight, operation.orders)
        if operation.signed and key is self.keys.serving:
            self._note_key(result)
        return result

    def sign(self, parameters: Mapping[str, str], *, now_ns: int, recv_window_ms: int) -> str:
        """The text that may leave for `parameters`, dated by the venue's clock at our `now_ns`."""
        dated = {"recvWindow": str(recv_window_ms), "timestamp": str(self.venue_ms(now_ns))}
        return self.client.signed({**parameters, **dated})

    def _note_key(self, result: object) -> None:
        if not isinstance(result, Failure):
            self.key_refusal = ""
        elif result.code in KEY_CODES:
            self.key_refusal = f"the venue refuses the key: {result.code} {result.reason}"

    def _sign_now(self, parameters: Mapping[str, str]) -> tuple[str, str]:
        """The text that may leave, and the id of the key that signed it."""
        now_ns = self._clock.now_ns()
        text = self.sign(parameters, now_ns=now_ns, recv_window_ms=READ_RECV_WINDOW_MS)
        return text, self.credentials.key_id

    async def _read_server_time(self) -> int | None:
        record = read(await self.send(SERVER_TIME, {}), TimeRecord)
        return None if isinstance(record, Failure) else record.server_time
