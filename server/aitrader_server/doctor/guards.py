"""What stops trading when nobody looks: dead-man file, watchdog, limits."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

from aitrader_server.adapters.heartbeats import Heartbeat, Unfit, parse, read_boot_id, read_content
from aitrader_server.doctor.case import NS_PER_S, Case
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning


async def deadman(case: Case) -> AsyncIterator[Finding]:
    path, limit_s = case.config.risk.deadman, case.config.risk.deadman_limit_s
    if path is None:
        advice = "set risk.deadman to a file that you or your strategy keep fresh"
        yield _wanted(case, "no heartbeat file is set", advice)
        return
    feed = f"feed it: aitrader heartbeat --file {path} --every {max(1, limit_s // 4)}"
    try:
        age_s, writer = _last_beat(path)
    except Unfit as doubt:
        yield failed(f"{path} {doubt}: trading would halt at once", feed)
        return
    told = f"{path} is {age_s:.1f} s old, of {limit_s} s; written by {writer}"
    if not 0 <= age_s <= limit_s:
        yield failed(f"{told}: trading would halt at once", feed)
    else:
        yield ok(told)


async def watchdog(case: Case) -> AsyncIterator[Finding]:
    config = case.config
    if config.journal.kind == "postgres":
        yield skipped("with postgres a standby takes over")
        return
    if config.execution.needs_sandbox:
        yield skipped("a sandbox beside the engine ends with it, and its orders too")
        return
    pids = _watchdogs()
    if pids:
        yield ok(f"a watchdog runs, pid {pids[0]}")
        return
    yield _wanted(
        case,
        "no watchdog runs on this machine",
        f"start aitrader watchdog with a key of its own in {config.watchdog.api_key_env}",
    )


async def limits(case: Case) -> AsyncIterator[Finding]:
    risk = case.config.risk
    wanted = {
        name: getattr(risk, name)
        for name in ("daily_loss_limit", "per_trade_cap", "max_order_notional")
    }
    missing = [f"risk.{name}" for name, value in wanted.items() if value is None]
    if missing and case.config.environment == "live":
        yield warning(f"no limit is set: {', '.join(missing)}", "set the most you can bear to lose")
    else:
        told = ", ".join(f"{name} {'none' if v is None else v}" for name, v in wanted.items())
        yield ok(told)


def _last_beat(path: Path) -> tuple[float, str]:
    """Its age, s, and whose it is. Raises Unfit when it proves nothing."""
    content = read_content(path)
    if not content.body.strip():
        return (time.time_ns() - content.mtime_ns) / NS_PER_S, "somebody who touches it"
    beat = parse(content.body, Heartbeat)
    if beat.boot_id != read_boot_id():
        raise Unfit("is of another boot of this machine")
    return (time.monotonic_ns() - beat.monotonic_ns) / NS_PER_S, _name(beat.pid)


def _wanted(case: Case, said: str, mend: str) -> Finding:
    """Real money should have it; play money may do without."""
    return warning(said, mend) if case.config.environment == "live" else skipped(said)


def _name(pid: int) -> str:
    try:
        return f"{Path(f'/proc/{pid}/comm').read_text().strip()} (pid {pid})"
    except OSError:
        return f"pid {pid}, which has ended"


def _watchdogs() -> list[int]:
    """Processes of this machine that were started as `aitrader watchdog`."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"watchdog" in words and any(Path(os.fsdecode(w)).name == "aitrader" for w in words[:3]):
            found.append(int(entry.name))
    return found
