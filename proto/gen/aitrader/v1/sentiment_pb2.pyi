import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnalyzeRequest(_message.Message):
    __slots__ = ("text", "symbol", "source", "published_at")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    text: str
    symbol: str
    source: str
    published_at: _timestamp_pb2.Timestamp
    def __init__(self, text: _Optional[str] = ..., symbol: _Optional[str] = ..., source: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Probabilities(_message.Message):
    __slots__ = ("positive", "neutral", "negative")
    POSITIVE_FIELD_NUMBER: _ClassVar[int]
    NEUTRAL_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_FIELD_NUMBER: _ClassVar[int]
    positive: float
    neutral: float
    negative: float
    def __init__(self, positive: _Optional[float] = ..., neutral: _Optional[float] = ..., negative: _Optional[float] = ...) -> None: ...

class AnalyzeResponse(_message.Message):
    __slots__ = ("label", "score", "probabilities", "model", "latency_ms", "reasons", "engine", "model_sha256", "precision", "calibration", "raw_probabilities", "token_count", "truncated", "fallback_reason", "cached", "latency", "spans")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    RAW_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_REASON_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    label: str
    score: float
    probabilities: Probabilities
    model: str
    latency_ms: float
    reasons: _containers.RepeatedScalarFieldContainer[str]
    engine: str
    model_sha256: str
    precision: str
    calibration: str
    raw_probabilities: Probabilities
    token_count: int
    truncated: bool
    fallback_reason: str
    cached: bool
    latency: SentimentLatency
    spans: _containers.RepeatedCompositeFieldContainer[Span]
    def __init__(self, label: _Optional[str] = ..., score: _Optional[float] = ..., probabilities: _Optional[_Union[Probabilities, _Mapping]] = ..., model: _Optional[str] = ..., latency_ms: _Optional[float] = ..., reasons: _Optional[_Iterable[str]] = ..., engine: _Optional[str] = ..., model_sha256: _Optional[str] = ..., precision: _Optional[str] = ..., calibration: _Optional[str] = ..., raw_probabilities: _Optional[_Union[Probabilities, _Mapping]] = ..., token_count: _Optional[int] = ..., truncated: bool = ..., fallback_reason: _Optional[str] = ..., cached: bool = ..., latency: _Optional[_Union[SentimentLatency, _Mapping]] = ..., spans: _Optional[_Iterable[_Union[Span, _Mapping]]] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("start", "end", "text", "weight")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    text: str
    weight: float
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., text: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class SentimentLatency(_message.Message):
    __slots__ = ("queue_ms", "tokenize_ms", "infer_ms", "batch_size")
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    TOKENIZE_MS_FIELD_NUMBER: _ClassVar[int]
    INFER_MS_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    queue_ms: float
    tokenize_ms: float
    infer_ms: float
    batch_size: int
    def __init__(self, queue_ms: _Optional[float] = ..., tokenize_ms: _Optional[float] = ..., infer_ms: _Optional[float] = ..., batch_size: _Optional[int] = ...) -> None: ...

class AnalyzeBatchRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[AnalyzeRequest]
    def __init__(self, items: _Optional[_Iterable[_Union[AnalyzeRequest, _Mapping]]] = ...) -> None: ...

class AnalyzeBatchResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[AnalyzeResponse]
    def __init__(self, results: _Optional[_Iterable[_Union[AnalyzeResponse, _Mapping]]] = ...) -> None: ...

class StreamAnalyzeRequest(_message.Message):
    __slots__ = ("item_id", "item")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item_id: int
    item: AnalyzeRequest
    def __init__(self, item_id: _Optional[int] = ..., item: _Optional[_Union[AnalyzeRequest, _Mapping]] = ...) -> None: ...

class StreamAnalyzeResponse(_message.Message):
    __slots__ = ("item_id", "result", "error")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    item_id: int
    result: AnalyzeResponse
    error: SentimentError
    def __init__(self, item_id: _Optional[int] = ..., result: _Optional[_Union[AnalyzeResponse, _Mapping]] = ..., error: _Optional[_Union[SentimentError, _Mapping]] = ...) -> None: ...

class SentimentError(_message.Message):
    __slots__ = ("code", "message", "reason", "retry_after_s")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_S_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    reason: str
    retry_after_s: float
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., reason: _Optional[str] = ..., retry_after_s: _Optional[float] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("model", "engine", "sha256", "fallback_reason", "precision", "calibrations", "tokens_max", "backends", "neutral_share", "drifting")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_REASON_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    CALIBRATIONS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_MAX_FIELD_NUMBER: _ClassVar[int]
    BACKENDS_FIELD_NUMBER: _ClassVar[int]
    NEUTRAL_SHARE_FIELD_NUMBER: _ClassVar[int]
    DRIFTING_FIELD_NUMBER: _ClassVar[int]
    model: str
    engine: str
    sha256: str
    fallback_reason: str
    precision: str
    calibrations: _containers.RepeatedScalarFieldContainer[str]
    tokens_max: int
    backends: _containers.RepeatedCompositeFieldContainer[SentimentBackend]
    neutral_share: float
    drifting: bool
    def __init__(self, model: _Optional[str] = ..., engine: _Optional[str] = ..., sha256: _Optional[str] = ..., fallback_reason: _Optional[str] = ..., precision: _Optional[str] = ..., calibrations: _Optional[_Iterable[str]] = ..., tokens_max: _Optional[int] = ..., backends: _Optional[_Iterable[_Union[SentimentBackend, _Mapping]]] = ..., neutral_share: _Optional[float] = ..., drifting: bool = ...) -> None: ...

class SentimentBackend(_message.Message):
    __slots__ = ("model", "engine", "ready", "why", "remote", "decides", "model_sha256", "queue_tokens", "queue_tokens_max", "precision")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    DECIDES_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    QUEUE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_TOKENS_MAX_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    model: str
    engine: str
    ready: bool
    why: str
    remote: bool
    decides: bool
    model_sha256: str
    queue_tokens: int
    queue_tokens_max: int
    precision: str
    def __init__(self, model: _Optional[str] = ..., engine: _Optional[str] = ..., ready: bool = ..., why: _Optional[str] = ..., remote: bool = ..., decides: bool = ..., model_sha256: _Optional[str] = ..., queue_tokens: _Optional[int] = ..., queue_tokens_max: _Optional[int] = ..., precision: _Optional[str] = ...) -> None: ...

class GetSymbolSentimentRequest(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    def __init__(self, symbol: _Optional[str] = ...) -> None: ...

class GetSymbolSentimentResponse(_message.Message):
    __slots__ = ("symbol", "score", "label", "count", "updated_at", "half_life_s", "weight", "stale")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_S_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    score: float
    label: str
    count: int
    updated_at: _timestamp_pb2.Timestamp
    half_life_s: float
    weight: float
    stale: bool
    def __init__(self, symbol: _Optional[str] = ..., score: _Optional[float] = ..., label: _Optional[str] = ..., count: _Optional[int] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., half_life_s: _Optional[float] = ..., weight: _Optional[float] = ..., stale: bool = ...) -> None: ...
