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
    __slots__ = ("label", "score", "probabilities", "model", "latency_ms", "reasons")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    label: str
    score: float
    probabilities: Probabilities
    model: str
    latency_ms: float
    reasons: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, label: _Optional[str] = ..., score: _Optional[float] = ..., probabilities: _Optional[_Union[Probabilities, _Mapping]] = ..., model: _Optional[str] = ..., latency_ms: _Optional[float] = ..., reasons: _Optional[_Iterable[str]] = ...) -> None: ...

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
    __slots__ = ("item_id", "result")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    item_id: int
    result: AnalyzeResponse
    def __init__(self, item_id: _Optional[int] = ..., result: _Optional[_Union[AnalyzeResponse, _Mapping]] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("model", "engine", "sha256", "fallback_reason")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_REASON_FIELD_NUMBER: _ClassVar[int]
    model: str
    engine: str
    sha256: str
    fallback_reason: str
    def __init__(self, model: _Optional[str] = ..., engine: _Optional[str] = ..., sha256: _Optional[str] = ..., fallback_reason: _Optional[str] = ...) -> None: ...

class GetSymbolSentimentRequest(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    def __init__(self, symbol: _Optional[str] = ...) -> None: ...

class GetSymbolSentimentResponse(_message.Message):
    __slots__ = ("symbol", "score", "label", "count", "updated_at")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    score: float
    label: str
    count: int
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., score: _Optional[float] = ..., label: _Optional[str] = ..., count: _Optional[int] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
