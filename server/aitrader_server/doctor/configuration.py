"""What is written down: secrets, where orders go, and the keys that take them there."""

from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from typing import Final

from aitrader_server import plugins
from aitrader_server.doctor.case import Case
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning

# The documentation's names, by the environment that each pair is for.
KEY_NAMES: Final = {
    "sandbox": ("BINANCE_SANDBOX_API_KEY", "BINANCE_SANDBOX_API_SECRET"),
    "testnet": ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET"),
    "live": ("BINANCE_API_KEY", "BINANCE_API_SECRET"),
}
QUOTES: Final = "\"'`"


async def configuration(case: Case) -> AsyncIterator[Finding]:
    """It was read, or nobody would look here."""
    config = case.config
    yield ok(f"valid: {config.environment} on {config.execution.gateway}, account {config.account}")


async def secrets(case: Case) -> AsyncIterator[Finding]:
    await case.resolve()
    for key, why in case.unresolved.items():
        yield failed(f"{key}: {why}", "put the secret there: aitrader secrets check")
    if not case.unresolved:
        yield ok(f"references that resolve: {', '.join(case.secrets) or 'none is written'}")


async def gateway(case: Case) -> AsyncIterator[Finding]:
    execution = case.config.execution
    installed = entry_points(group=plugins.VENUES.name).names
    if execution.gateway not in installed:
        absence = plugins.absence(execution.gateway, installed)
        yield failed(absence, "set execution.gateway to one that is installed")
        return
    environment = case.config.environment
    unused = [
        name
        for other, names in KEY_NAMES.items()
        for name in names
        if other != environment and name not in case.keys and case.environ.get(name)
    ]
    if unused and execution.gateway == "binance":
        yield warning(
            f"this is {environment}, and {', '.join(unused)} are set: nothing uses them",
            "unset them, or say which system is meant: execution.binance.testnet",
        )
    elif environment == "live":
        yield ok(f"real money: armed for account {case.config.account}")
    else:
        yield ok(f"{execution.gateway}, {environment}: play money")


async def keys(case: Case) -> AsyncIterator[Finding]:
    execution = case.config.execution
    if execution.gateway != "binance":
        yield skipped(f"{execution.gateway} has keys of its own")
        return
    if execution.needs_sandbox:
        yield skipped("the sandbox that starts beside the engine makes its own")
        return
    problems = [finding for name, value in case.keys.items() for finding in _form(name, value)]
    problems += [*_mistaken(case), *_shared(case)]
    for problem in problems:
        yield problem
    if not problems:
        yield ok(f"{' and '.join(case.keys)} are set")


def _form(name: str, value: str) -> list[Finding]:
    if not value.strip():
        return [failed(f"{name} is not set", f"export {name}, or write a reference that resolves")]
    if value.strip()[0] in QUOTES or value.strip()[-1] in QUOTES:
        return [failed(f"{name} has quotation marks in it", "write it without them")]
    if value != value.strip():
        return [failed(f"{name} has blanks around it", "copy it without blanks and line ends")]
    if " " in value and "-----BEGIN" not in value:
        return [failed(f"{name} has a blank in it", "copy the whole key, and nothing else")]
    return []


def _mistaken(case: Case) -> list[Finding]:
    """Keys of one environment where another is traded."""
    environment = case.config.environment
    found: list[Finding] = []
    for other, names in KEY_NAMES.items():
        if other == environment:
            continue
        named = [name for name in names if name in case.keys]
        equal = [name for name in names if case.environ.get(name, "") in _values(case)]
        if named:
            found.append(
                failed(
                    f"this is {environment}, and {', '.join(named)} is of the {other}",
                    f"set it in {KEY_NAMES[environment][0]}, and leave api_key_env out",
                )
            )
        elif equal:
            found.append(
                failed(
                    f"the {environment} key is the same as that of the {other} in {equal[0]}",
                    f"make a key for {environment}: testnet and live are different systems",
                )
            )
    return found


def _shared(case: Case) -> list[Finding]:
    """The watchdog's key must outlive a ban of the engine's."""
    watchdog = case.config.watchdog
    name = str(watchdog.api_key or watchdog.api_key_env)
    held = case.secrets.get("watchdog.api_key", case.environ.get(watchdog.api_key_env, ""))
    if name not in case.keys and held.strip() not in _values(case):
        return []
    return [
        failed(
            f"{name} is the key that the engine trades with",
            "make a second key at the venue for the watchdog",
        )
    ]


def _values(case: Case) -> set[str]:
    return {value.strip() for value in case.keys.values() if value.strip()}
