"""The venue under the key that will trade: account, symbols, clock."""

import ctypes
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from typing import Final

from aitrader_server import plugins
from aitrader_server.doctor.case import Case
from aitrader_server.doctor.examination import VenueReport
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning
from aitrader_server.errors import ConfigError

OFFSET_MS_MAX: Final = 1_000
TIME_ERROR: Final = 5
# What `struct timex` takes on every platform; only the kernel writes it.
TIMEX_BYTES: Final = 256
SET_CLOCK: Final = "sudo timedatectl set-ntp true, or start chrony"


async def account(case: Case) -> AsyncIterator[Finding]:
    report = await _visit(case)
    if isinstance(report, Finding):
        yield report
        return
    if report.refusal is not None:
        yield failed(
            f"{report.place} refuses the key: {report.refusal.said}", report.refusal.advice
        )
        return
    if not report.can_trade:
        yield failed("the account may not trade", "allow spot trading at the venue")
        return
    if report.may_withdraw and case.config.environment == "live":
        yield warning(
            f"{report.place} takes the key; the account may trade and withdraw",
            "see at the venue that this key has no right to withdraw, and one address",
        )
        return
    yield ok(f"{report.place} takes the key; the account {report.uid} may trade")


async def symbols(case: Case) -> AsyncIterator[Finding]:
    report = await _visit(case)
    if isinstance(report, Finding):
        yield skipped("see account") if report.outcome == "failed" else report
        return
    for wrong in report.symbols:
        yield failed(wrong, "change execution.symbols, or wait until it trades")
    if not report.symbols:
        yield ok(f"{', '.join(case.config.execution.symbols)} trade")


async def clock(case: Case) -> AsyncIterator[Finding]:
    report = await _visit(case)
    if isinstance(report, VenueReport):
        told = f"the venue's clock is {report.offset_ms:+} ms from ours, right within "
        told += f"{report.error_ms} ms"
        if abs(report.offset_ms) - report.error_ms > OFFSET_MS_MAX:
            yield failed(told, f"set the clock of this machine: {SET_CLOCK}")
            return
    else:
        told = "the venue was not asked"
    if _synchronised():
        yield ok(f"{told}; the kernel keeps it synchronised")
    else:
        yield warning(f"{told}; nothing keeps it synchronised", SET_CLOCK)


async def _visit(case: Case) -> VenueReport | Finding:
    """What the venue said, or why nothing can be told."""
    execution = case.config.execution
    if execution.gateway not in entry_points(group=plugins.EXAMINERS.name).names:
        return skipped(f"nothing examines {execution.gateway}")
    if execution.needs_sandbox and case.engine_pid is not None:
        return skipped("the sandbox is the running engine's; see engine")
    try:
        report = await case.venue()
    except ConfigError as error:
        return failed(error.message, "see keys and secrets")
    if report.trouble:
        return failed(
            f"{report.place} cannot be reached: {report.trouble}",
            f"check network, proxy and address: curl -sS {report.place}/v3/time",
        )
    return report


def _synchronised() -> bool:
    """Whether the kernel has been told lately how late it is; what it cannot tell is no."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    except (AttributeError, OSError):
        return False
    return 0 <= state < TIME_ERROR
