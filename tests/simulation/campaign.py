"""Simulates seed after seed: `python tests/simulation/campaign.py --orders 10000000 --seed 1`.

Prints one line of JSON with what was simulated; a seed that breaks a promise is printed with the
command that replays it, and ends the campaign.
"""

import os
import sys
import traceback
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import msgspec

from simulation.run import run

CORES = len(os.sched_getaffinity(0))
# What one worker is given at a time.
BLOCK_SEEDS = 8
COUNTED = ("orders", "sent", "trades", "crashes", "leader_changes", "acknowledged", "steps")


class PromiseBroken(Exception):
    """Carries its seed, and the trace of another process."""


def keep_promises(seeds: range) -> Mapping[str, int]:
    """Simulates each seed and returns sums of what happened. Raises PromiseBroken."""
    sums: Counter[str] = Counter()
    for seed in seeds:
        try:
            told = run(seed)
        except BaseException as error:  # noqa: BLE001 -- raised anew in the other process
            raise PromiseBroken(
                f"{''.join(traceback.format_exception(error))}\n"
                f"replay: python tests/simulation/replay.py {seed}"
            ) from None
        sums["seeds"] += 1
        sums.update({name: getattr(told, name) for name in COUNTED})
    return dict(sums)


def pool(workers: int) -> ProcessPoolExecutor:
    """Processes that share nothing with this one."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def campaign(
    executor: ProcessPoolExecutor, workers: int, first_seed: int, orders: int
) -> dict[str, int]:
    """Simulates seeds from `first_seed` on until so many orders were asked for."""
    sums: Counter[str] = Counter()
    blocks = (range(seed, seed + BLOCK_SEEDS) for seed in count(first_seed, BLOCK_SEEDS))
    running: deque[Future[Mapping[str, int]]] = deque()
    for done in _in_turn(executor, blocks, running, workers):
        sums.update(done)
        if sums["orders"] >= orders:
            break
    for future in running:
        future.cancel()
    return dict(sums)


def _in_turn(
    executor: ProcessPoolExecutor,
    blocks: Iterator[range],
    running: deque[Future[Mapping[str, int]]],
    workers: int,
) -> Iterator[Mapping[str, int]]:
    """What came of each block, while others run."""
    for block in blocks:
        running.append(executor.submit(keep_promises, block))
        if len(running) >= 2 * workers:
            yield running.popleft().result()


@click.command()
@click.option("--orders", default=10_000_000, show_default=True, help="At least so many.")
@click.option("--seed", default=1, show_default=True, help="The first seed.")
@click.option("--workers", default=CORES, show_default=True, help="Processes.")
def main(orders: int, seed: int, workers: int) -> None:
    """Simulates until so many ORDERS were asked for, and prints what happened as JSON."""
    began_s = monotonic()
    with pool(workers) as executor:
        try:
            sums = campaign(executor, workers, seed, orders)
        except PromiseBroken as error:
            executor.shutdown(cancel_futures=True)
            raise click.ClickException(str(error)) from None
    told = {"rung": "simulation", "first_seed": seed, **sums}
    told["seconds"] = round(monotonic() - began_s)
    click.echo(msgspec.json.encode(told))


if __name__ == "__main__":
    main()
