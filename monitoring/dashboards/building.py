"""What dashboards are made of: charts, numbers, tables and bands in time, in rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    VariableModel,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

WIDTH: Final = 24
# Chosen on the dashboard: no panel knows a data source or an engine by itself.
SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
SCOPE: Final = 'environment=~"$environment",instance=~"$instance"'
_METRIC: Final = re.compile(r"((?:aitrader_|slo:)[\w:]+)(\{)?")
_TAG: Final = "ai-trader"

# What one line shows: its legend, in which `{{label}}` is a label's value, and its PromQL.
Query = tuple[str, str]
Panel = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `by_symbol` lets its reader choose symbols as `$symbol`."""

    title: str
    description: str
    rows: Sequence[Row]
    by_symbol: bool = False


def chart(
    title: str, unit: str, *queries: Query, description: str = "", span: int = 8
) -> timeseries.Panel:
    """Lines over time; `unit` is Grafana's name of it."""
    panel = timeseries.Panel().title(title).unit(unit).height(8).span(span)
    panel = panel.datasource(SOURCE).description(description)
    for reference, (legend, expression) in zip("ABCDEFGH", queries, strict=False):
        panel = panel.with_target(_query(reference, legend, expression).range())
    assert len(queries) <= len("ABCDEFGH"), title
    return panel


def number(title: str, unit: str, expression: str, *, description: str = "") -> stat.Panel:
    """The latest value, large."""
    panel = stat.Panel().title(title).unit(unit).height(4).span(4)
    panel = panel.datasource(SOURCE).description(description)
    return panel.with_target(_query("A", "", expression).instant())


def word(title: str, label: str, expression: str, *, description: str = "") -> stat.Panel:
    """What a label says now."""
    panel = stat.Panel().title(title).height(4).span(4).text_mode(BigValueTextMode.NAME)
    panel = panel.datasource(SOURCE).description(description)
    return panel.with_target(_query("A", f"{{{{{label}}}}}", expression).instant())


def facts(title: str, *labels: str, expression: str, description: str = "") -> table.Panel:
    """What the labels of each series say now, a column each."""
    panel = table.Panel().title(title).height(5).span(12)
    panel = panel.datasource(SOURCE).description(description)
    panel = panel.with_transformation(
        DataTransformerConfig(
            id_val="filterFieldsByName", options={"include": {"names": list(labels)}}
        )
    )
    query = _query("A", "", expression).instant().format(PromQueryFormat.TABLE)
    return panel.with_target(query)


def bands(
    title: str, legend: str, expression: str, *, description: str = ""
) -> statetimeline.Panel:
    """Which values held when, a band a series."""
    panel = statetimeline.Panel().title(title).height(8).span(12)
    panel = panel.datasource(SOURCE).description(description)
    return panel.with_target(_query("A", legend, expression).range())


def rate(metric: str, by: str) -> Query:
    """Events per second by a label."""
    return f"{{{{{by}}}}}", f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def per_second(legend: str, metric: str) -> Query:
    """Events per second, a line a series."""
    return legend, f"rate({metric}[$__rate_interval])"


def quantiles(buckets: str, by: str, *shares: float) -> tuple[Query, ...]:
    """What so great a share of the observations stays below, e.g. 0.99, by a label."""
    return tuple(
        (
            f"p{share * 100:g} {{{{{by}}}}}",
            f"histogram_quantile({share:g}, sum by (le, {by}) (rate({buckets}[$__rate_interval])))",
        )
        for share in shares
    )


def scoped(expression: str) -> str:
    """The expression with every metric bound to the engines that were chosen."""

    def bind(found: re.Match[str]) -> str:
        return f"{found[1]}{{{SCOPE}{',' if found[2] else '}'}"

    return _METRIC.sub(bind, expression)


def build(name: str, board: Board) -> dashboards.Dashboard:
    """The dashboard, with an id for every panel and a place on the grid."""
    made = (
        dashboards.Dashboard(f"AI-Trader: {board.title}")
        .uid(f"aitrader-{name}")
        .description(board.description)
        .tags([_TAG])
        .time("now-1h", "now")
        .refresh("10s")
        .timezone("utc")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            dashboards.DashboardLink("AI-Trader")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([_TAG])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
        )
        .variables(_variables(board))
    )
    ids = count(1)
    for row in board.rows:
        made = made.with_row(dashboards.Row(row.title).id(next(ids)))
        for panel in row.panels:
            made = made.with_panel(panel.id(next(ids)))
    return made


def _query(reference: str, legend: str, expression: str) -> prometheus.Dataquery:
    # Counters and histograms alone carry traces.
    exemplars = "_bucket" in expression or "_total" in expression
    query = prometheus.Dataquery().ref_id(reference).datasource(SOURCE).exemplar(exemplars)
    return query.expr(scoped(expression)).legend_format(legend)


def _variables(board: Board) -> list[Builder[VariableModel]]:
    found: list[Builder[VariableModel]] = [
        dashboards.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        _choice("environment", "aitrader_trading_state"),
        _choice("instance", 'aitrader_trading_state{environment=~"$environment"}'),
    ]
    if board.by_symbol:
        found.append(_choice("symbol", f"aitrader_quote_age_seconds{{{SCOPE}}}"))
    return found


def _choice(label: str, series: str) -> dashboards.QueryVariable:
    """Values of a label, all of them until somebody chooses."""
    return (
        dashboards.QueryVariable(label)
        .label(label.capitalize())
        .datasource(SOURCE)
        .query(f"label_values({series}, {label})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )
