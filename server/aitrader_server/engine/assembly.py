"""What an engine is made of, put together."""

from collections.abc import Callable, Mapping

import msgspec

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.venue import VenueReport
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.admission import Admission
from aitrader_server.engine.approval import Approval
from aitrader_server.engine.archive import Archive
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.control import Control
from aitrader_server.engine.dead_man import DeadMan
from aitrader_server.engine.decider import Decider, Models
from aitrader_server.engine.departures import Departures
from aitrader_server.engine.external import ExternalActivity
from aitrader_server.engine.flatten import Flattening
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.limits_keeper import LimitsKeeper
from aitrader_server.engine.ports import (
    Broker,
    Clock,
    IdFactory,
    Journal,
    LastWords,
    LimitsStore,
    Metrics,
    QuoteSource,
    loop_seconds,
)
from aitrader_server.engine.reconciler import Reconciler
from aitrader_server.engine.rehearsal import Rehearsal
from aitrader_server.engine.replacing import Replacing
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.resolver import Resolver
from aitrader_server.engine.sentinel import Sentinel
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.engine.submission import Submission
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.trading import Trading
from aitrader_server.engine.venue_epoch import VenueEpoch
from aitrader_server.engine.writer import Writer


class Ports(msgspec.Struct, frozen=True):
    """The world that one engine lives in; without `last_words` only the journal tells of halts.

    `stopwatch` says seconds, from wherever it counts, for times that are only shown.
    """

    clock: Clock
    ids: IdFactory
    journal: Journal
    broker: Broker
    quotes: QuoteSource
    models: Models
    metrics: Metrics
    last_words: LastWords | None = None
    limits_store: LimitsStore | None = None
    stopwatch: Callable[[], float] = loop_seconds


class Parts(msgspec.Struct, frozen=True):
    """What callers use of a started engine."""

    submission: Submission
    rehearsal: Rehearsal
    replacing: Replacing
    trading: Trading
    cancellation: Cancellation
    approval: Approval
    control: Control
    sentinel: Sentinel
    flattening: Flattening
    account: AccountBook
    archive: Archive
    reports: Reports
    reconciler: Reconciler
    external: ExternalActivity
    gatekeeper: Gatekeeper
    instruments: Mapping[str, Instrument]


def assemble(
    ports: Ports,
    settings: EngineSettings,
    *,
    writer: Writer,
    tasks: TaskSet,
    instruments: Mapping[str, Instrument],
    venue: str,
    limits_keeper: LimitsKeeper | None,
    on_foreign: Callable[[VenueReport], object],
    on_trouble: Callable[[str, BaseException], None],
) -> Parts:
    """Each part with those that it needs; `venue` is the adapter's name and its environment."""
    gatekeeper = Gatekeeper(
        writer=writer,
        broker=ports.broker,
        dead_man=DeadMan(settings.dead_man_limit_s, settings.stall_limit_s),
        clock_offset_ms_max=settings.clock_offset_ms_max,
        limits_keeper=limits_keeper,
    )
    account = AccountBook(
        writer=writer,
        quotes=ports.quotes,
        clock=ports.clock,
        quote_asset=settings.quote_asset,
        instruments=instruments,
        clocks_agree=lambda: gatekeeper.clocks_agree,
    )
    departures = Departures()
    reports = Reports(writer=writer, metrics=ports.metrics)
    external = ExternalActivity(writer=writer, instruments=instruments)
    reports.on_foreign = on_foreign
    archive = Archive(writer)
    resolver = Resolver(
        writer=writer,
        broker=ports.broker,
        clock=ports.clock,
        reports=reports,
        archive=archive,
        gatekeeper=gatekeeper,
        tasks=tasks,
        interval_s=settings.query_interval_s,
        interval_s_max=settings.query_interval_s_max,
    )
    reports.on_doubt = resolver.watch
    reports.on_archived = lambda report: tasks.spawn(resolver.recall(report))
    admission = Admission(
        writer=writer,
        quotes=ports.quotes,
        clock=ports.clock,
        instruments=instruments,
        account=account,
        gatekeeper=gatekeeper,
    )
    rehearsal = Rehearsal(
        writer=writer, broker=ports.broker, clock=ports.clock, admission=admission
    )
    submission = Submission(
        writer=writer,
        broker=ports.broker,
        clock=ports.clock,
        admission=admission,
        gatekeeper=gatekeeper,
        departures=departures,
        reports=reports,
        archive=archive,
        tasks=tasks,
        pending_records_max=settings.pending_records_max,
    )
    decider = Decider(
        models=ports.models,
        writer=writer,
        account=account,
        quotes=ports.quotes,
        instruments=instruments,
        metrics=ports.metrics,
        on_model_failure=lambda name, error: on_trouble(f"{name} failed", error),
        clock=ports.clock,
        sentiment_timeout_s=settings.sentiment_timeout_s,
        symbol_decides=settings.symbol_sentiment_decides,
    )
    control = Control(
        writer=writer,
        clock=ports.clock,
        account=account,
        gatekeeper=gatekeeper,
        departures=departures,
        automatic=settings.automatic,
    )
    approval = Approval(
        writer=writer,
        clock=ports.clock,
        admission=admission,
        submission=submission,
        reports=reports,
    )
    cancellation = Cancellation(
        writer=writer,
        broker=ports.broker,
        reports=reports,
        archive=archive,
        resolver=resolver,
        tasks=tasks,
        answer_timeout_s=settings.answer_timeout_s,
    )
    return Parts(
        submission=submission,
        rehearsal=rehearsal,
        replacing=Replacing(
            writer=writer,
            broker=ports.broker,
            clock=ports.clock,
            admission=admission,
            submission=submission,
            gatekeeper=gatekeeper,
            departures=departures,
            reports=reports,
            resolver=resolver,
            cancellation=cancellation,
            archive=archive,
            tasks=tasks,
            interval_s=settings.query_interval_s,
        ),
        trading=Trading(
            decider=decider, submission=submission, rehearsal=rehearsal, quotes=ports.quotes
        ),
        cancellation=cancellation,
        approval=approval,
        control=control,
        sentinel=Sentinel(
            writer=writer,
            clock=ports.clock,
            account=account,
            gatekeeper=gatekeeper,
            control=control,
            cancellation=cancellation,
            approval=approval,
            tasks=tasks,
            automatic=settings.automatic,
            answer_timeout_s=settings.answer_timeout_s,
        ),
        flattening=Flattening(
            writer=writer,
            instruments=instruments,
            control=control,
            cancellation=cancellation,
            submission=submission,
            quotes=ports.quotes,
            ids=ports.ids,
            tasks=tasks,
        ),
        account=account,
        archive=archive,
        reports=reports,
        reconciler=Reconciler(
            account_name=settings.account,
            venue=venue,
            writer=writer,
            broker=ports.broker,
            clock=ports.clock,
            account=account,
            gatekeeper=gatekeeper,
            reports=reports,
            resolver=resolver,
            external=external,
            venue_epoch=VenueEpoch(writer=writer, broker=ports.broker, clock=ports.clock),
            interval_s=settings.query_interval_s,
            record_lag_s=settings.record_lag_s,
        ),
        external=external,
        gatekeeper=gatekeeper,
        instruments=instruments,
    )
