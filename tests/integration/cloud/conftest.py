import logging
from collections.abc import Mapping

import pytest
from aitrader_models.cloud import azure, google, openai
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.ports import ModelContext
from cloud_services import STANDS, until

CREATE = {"openai": openai.create, "azure": azure.create, "google": google.create}
KEY = "Canary-Key-7f3a91c2"
KEYS = {"OPENAI_API_KEY": KEY, "AZURE_LANGUAGE_KEY": KEY}
NOON_NS = 1_795_000_000_000_000_000 // 86_400_000_000_000 * 86_400_000_000_000 + 43_200_000_000_000


class HandClock:
    """Stands still until it is moved."""

    def __init__(self):
        self.ns = NOON_NS

    def now_ns(self):
        return self.ns

    def pass_s(self, seconds):
        self.ns += round(seconds * 1e9)


class Bench:
    """A stand and models that ask it."""

    def __init__(self, stand, clock):
        self.stand = stand
        self.clock = clock
        self.reports = []
        self.models = []

    def create(self, *, environ: Mapping[str, str] = KEYS, **settings):
        context = ModelContext(environ=environ, clock=self.clock, report=self.reports.append)
        model = CREATE[self.stand.engine]({"endpoint": self.stand.endpoint} | settings, context)
        self.models.append(model)
        return model

    async def model(self, **settings):
        """A model that is connected."""
        model = self.create(**settings)
        await model.start()
        await until(lambda: model.describe().ready)
        return model


def news(text="Shares of Acme jump after record profit"):
    return News(text=text)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(params=sorted(STANDS))
def engine(request):
    return request.param


@pytest.fixture
async def bench(engine, clock, caplog):
    with caplog.at_level(logging.DEBUG):
        async with STANDS[engine]() as stand:
            bench = Bench(stand, clock)
            yield bench
            for model in bench.models:
                await model.stop()
