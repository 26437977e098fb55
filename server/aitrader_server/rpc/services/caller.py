"""Who calls, how long they wait, and under which id."""

from aitrader_server.engine.commands import Caller
from aitrader_server.rpc.call import current_call

# What is left for converting and sending an answer after the engine has given it.
ANSWER_RESERVE_S = 0.05
MIN_WAIT_S = 0.01


def current_caller() -> Caller:
    """The caller of the RPC that this task serves."""
    call = current_call()
    return Caller(name=call.caller.name, trace_id=call.trace_id, arrived_s=call.arrived_s)


def patience_s(answer_timeout_s: float) -> float:
    """How long to wait for a venue: the engine's bound or the caller's, whichever is shorter."""
    left_s = current_call().remaining_s()
    if left_s is None:
        return answer_timeout_s
    return max(min(answer_timeout_s, left_s - ANSWER_RESERVE_S), MIN_WAIT_S)
