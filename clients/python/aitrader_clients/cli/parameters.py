"""Parameter types that several commands read."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from aitrader_clients.amounts import wire


class Amount(click.ParamType[Decimal]):
    """Decimal text in plain digits, checked before anything is sent."""

    name = "amount"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        if isinstance(value, Decimal):
            return value
        try:
            amount = Decimal(str(value))
            wire(amount)
        except (InvalidOperation, ValueError):
            self.fail(f"{value!r} is not an amount: write plain digits, e.g. 0.00120", param, ctx)
        return amount


AMOUNT = Amount()


class Symbol(click.ParamType[str]):
    """The venue's spelling; case is the venue's business, so letters become capitals."""

    name = "symbol"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,  # noqa: ARG002 -- click's signature
        ctx: click.Context | None,  # noqa: ARG002 -- click's signature
    ) -> str:
        return str(value).upper()


SYMBOL = Symbol()


class Moment(click.ParamType[datetime]):
    """A time in ISO 8601 with its zone, so that nobody has to guess which is meant."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(
                f"{value!r} is no time with a zone: write e.g. 2026-11-22T14:05:00Z", param, ctx
            )
        return moment


MOMENT = Moment()


def paged(function: Any) -> Any:
    """Add the options of a list that comes in pages."""
    limit = click.option(
        "--limit",
        "page_size",
        type=click.IntRange(1, 1000),
        default=100,
        show_default=True,
        help="Most lines.",
    )
    page = click.option("--page", "page_token", default="", metavar="TOKEN", help="Go on there.")
    return limit(page(function))
