import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetSloRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Slo(_message.Message):
    __slots__ = ("name", "description", "objective", "window_s", "good", "total", "compliance", "error_budget_left", "burn_rates")
    class BurnRatesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_S_FIELD_NUMBER: _ClassVar[int]
    GOOD_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    COMPLIANCE_FIELD_NUMBER: _ClassVar[int]
    ERROR_BUDGET_LEFT_FIELD_NUMBER: _ClassVar[int]
    BURN_RATES_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    objective: float
    window_s: int
    good: int
    total: int
    compliance: float
    error_budget_left: float
    burn_rates: _containers.ScalarMap[str, float]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., objective: _Optional[float] = ..., window_s: _Optional[int] = ..., good: _Optional[int] = ..., total: _Optional[int] = ..., compliance: _Optional[float] = ..., error_budget_left: _Optional[float] = ..., burn_rates: _Optional[_Mapping[str, float]] = ...) -> None: ...

class GetSloResponse(_message.Message):
    __slots__ = ("slos", "at")
    SLOS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    slos: _containers.RepeatedCompositeFieldContainer[Slo]
    at: _timestamp_pb2.Timestamp
    def __init__(self, slos: _Optional[_Iterable[_Union[Slo, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetMetricsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
