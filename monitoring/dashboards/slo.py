"""The objectives, as the table has them."""

from aitrader_server.objectives.rules import panels

from dashboards.building import Board, Row, chart

BOARD = Board(
    title="objectives",
    description="What is promised, how much of each error budget is left, and how fast it burns.",
    rows=(
        Row(
            "Objectives",
            tuple(
                chart(panel.title, panel.unit, *panel.expressions, description=panel.description)
                for panel in panels()
            ),
        ),
    ),
)
