"""Decisions and features in the contract's words."""

from aitrader.v1 import sentiment_pb2, trading_pb2

from aitrader_server.domain.decision.features import PartialFeatures
from aitrader_server.domain.decision.views import SentimentView
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
    if decision.sentiment_label:
        message.sentiment.CopyFrom(
            trading_pb2.Sentiment(
                label=decision.sentiment_label,
                score=decision.sentiment_score,
                model=decision.sentiment_model,
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


def analysis_message(view: SentimentView, latency_ms: float) -> sentiment_pb2.AnalyzeResponse:
    """A score of a text."""
    return sentiment_pb2.AnalyzeResponse(
        label=view.label,
        score=view.score,
        probabilities=sentiment_pb2.Probabilities(
            positive=view.positive, neutral=view.neutral, negative=view.negative
        ),
        model=view.model,
        latency_ms=latency_ms,
        reasons=view.reasons,
    )
