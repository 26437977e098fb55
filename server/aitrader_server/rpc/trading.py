"""TradingService."""

from aitrader.v1 import trading_pb2_grpc

from aitrader_server.engine.engine import Engine
from aitrader_server.rpc.services.account import AccountRpcs
from aitrader_server.rpc.services.decisions import DecisionRpcs
from aitrader_server.rpc.services.events import EventRpcs
from aitrader_server.rpc.services.orders import OrderRpcs
from aitrader_server.rpc.services.session import SessionRpcs


class TradingServicer(
    OrderRpcs,
    DecisionRpcs,
    AccountRpcs,
    EventRpcs,
    SessionRpcs,
    trading_pb2_grpc.TradingServiceServicer,
):
    """Everything that decides, places, watches and settles orders."""

    def __init__(self, engine: Engine, heartbeat_s: float) -> None:
        EventRpcs.__init__(self, engine, heartbeat_s)
        SessionRpcs.__init__(self, self)
