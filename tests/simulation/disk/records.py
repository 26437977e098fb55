from aitrader_server.engine.ports import Record


def record(sequence: int, *, intent: str = "", once: str = "", epoch: int = 1) -> Record:
    return Record(
        sequence=sequence,
        epoch=epoch,
        at_ns=1_700_000_000_000_000_000 + sequence,
        kind="OrderAccepted",
        intent=intent,
        symbol="BTCUSDT",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        state="ACCEPTED",
        cumulative_quantity="0.5",
        once=once,
        payload=b'{"type":"OrderAccepted","n":%d}' % sequence,
    )


def records(first: int, last: int) -> list[Record]:
    return [record(sequence) for sequence in range(first, last + 1)]
