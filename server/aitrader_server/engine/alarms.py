"""What people must hear of at once."""

import msgspec


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that halts trading, or the end of it when `resolved`.

    `name` is CamelCase and stays the same; `severity` is critical or warning.
    """

    name: str
    severity: str
    summary: str
    reason: str
    actor: str = ""
    trace_id: str = ""
    resolved: bool = False
