"""Counts and times the requests that a facade tells of."""

from aitrader_server.engine.ports import Metrics

REQUESTS = "aitrader_rest_requests_total"
SECONDS = "aitrader_rest_seconds"


class RestMeter:
    """Called with route, method, status, seconds and trace; labels are made once."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._requests: dict[tuple[str, str, int], dict[str, str]] = {}
        self._seconds: dict[tuple[str, str], dict[str, str]] = {}

    def __call__(self, route: str, method: str, status: int, seconds: float, trace_id: str) -> None:
        """Takes one request in."""
        labels = self._requests.get((route, method, status))
        if labels is None:
            labels = {"route": route, "method": method, "status": str(status)}
            self._requests[route, method, status] = labels
        timed = self._seconds.get((route, method))
        if timed is None:
            timed = self._seconds[route, method] = {"route": route, "method": method}
        self._metrics.count(REQUESTS, labels, trace_id)
        self._metrics.observe(SECONDS, seconds, timed, trace_id)
