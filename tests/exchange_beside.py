"""`aitrader serve` as newcomers start it, with the exchange that it starts beside itself."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
from callers import breaches, eventually
from serving import Server


class Beside(Server):
    """Both processes share the state folder, and end together however the engine ends."""

    account = ()

    @property
    def sandbox_url(self) -> str:
        """Of the life that runs now."""
        return "http://" + self.log.rpartition("sandbox http://")[2].split()[0]

    def admin(self, method: str, path: str, **body: Any) -> Any:
        """Has the exchange do, or tell, what no client of it can."""
        answer = httpx.request(
            method, f"{self.sandbox_url}/sandbox{path}", json=body, trust_env=False
        )
        answer.raise_for_status()
        return answer.json()

    def delay_replies(self, what: str, delay_ms: int) -> None:
        """The exchange executes matching requests at once, and answers that much later."""
        self.admin(
            "POST",
            "/faults",
            fault="reply-delay",
            subjects=what,
            injection={"delay_ms": delay_ms},
        )

    async def cut_and_restart(self) -> None:
        """Kill -9, and another life on what it left."""
        gone = self.sandbox_url
        self.kill9()

        async def ended() -> bool:
            async with httpx.AsyncClient(trust_env=False) as client:
                try:
                    await client.get(f"{gone}/api/v3/ping")
                except httpx.TransportError:
                    return True
            return False

        await eventually(ended, "the end of the exchange")
        await asyncio.to_thread(self.restart)


async def lose(server: Beside, client: httpx.AsyncClient) -> None:
    """About 4 % of the account, by two sales in a row after the price has fallen."""
    buy = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.5"}
    sell = {**buy, "side": "sell", "quantity": "0.2"}
    bought = await client.post("/live/orders", json=buy)
    assert bought.status_code == 200, bought.text
    server.admin("POST", "/last", symbol="BTCUSDT", price="92000")

    async def fallen() -> bool:
        quote = (await client.get("/live/quotes/BTCUSDT")).json()["quote"]
        return Decimal(quote["bid"]) < 93_000 and not await breaches(client, sell)

    await eventually(fallen, "trades at the new price")
    for _ in range(2):
        assert (await client.post("/live/orders", json=sell)).status_code == 200
