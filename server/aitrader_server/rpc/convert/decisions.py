"""Decisions and features in the contract's words."""

from aitrader.v1 import trading_pb2

from aitrader_server.domain.decision.features import PartialFeatures
from aitrader_server.domain.money import text
from aitrader_server.domain.terms import DecisionRecord
from aitrader_server.rpc.convert.orders import breach_messages

FEATURE_NAMES = PartialFeatures.__struct_fields__


def partial_features(request: trading_pb2.TradeRequest) -> PartialFeatures:
    """The features that the caller gave."""
    given = request.features
    return PartialFeatures(
        **{name: getattr(given, name) for name in FEATURE_NAMES if given.HasField(name)}
    )


def decision_message(decision: DecisionRecord) -> trading_pb2.Decision:
    """A decision with every number that led to it."""
    message = trading_pb2.Decision(
        signal=trading_pb2.Signal(
            signal=decision.signal,
            confidence=decision.confidence,
            reasons=decision.reasons,
            model=decision.signal_model,
        ),
        regime=trading_pb2.Regime(
            regime=decision.regime,
            confidence=decision.regime_confidence,
            model=decision.regime_model,
        ),
        risk_fraction=decision.risk_fraction,
        quantity=text(decision.quantity),
        trading_blocked=decision.trading_blocked,
        breaches=breach_messages(decision.breaches),
        features=trading_pb2.Features(**decision.features),
        computed=decision.computed,
        sizing=decision.sizing,
    )
    said = decision.sentiment
    if said is not None:
        message.sentiment.CopyFrom(
            trading_pb2.Sentiment(
                label=said.label,
                score=said.score,
                model=said.model,
                engine=said.engine,
                model_sha256=said.sha256,
                calibration=said.calibration,
                fallback_reason=said.fallback_reason,
                origin=said.origin,
                unused_because=said.unused_because,
            )
        )
    return message


def explicit_decision(side: str, quantity: str) -> trading_pb2.Decision:
    """The decision of a caller who decided alone."""
    return trading_pb2.Decision(
        signal=trading_pb2.Signal(
            signal=side.lower(), confidence=1.0, reasons=["explicit"], model="caller"
        ),
        quantity=quantity,
    )
