"""The line that lives while a run goes on."""

from __future__ import annotations

import io

from ..campaign.live import Live, line
from ..campaign.tally import Tally


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_line() -> None:
    tally = Tally(executions=30_000, accepted=12_000, inputs={"a": b"", "b": b""})
    assert line(tally, 12.0, 60.0, 1) == (
        "12s of 60s  30,000 tried  2,500/s  40% accepted  1 bucket  2 corpus"
    )
    tally.coverage = 1234
    assert line(tally, 0.0, None, 0).endswith("0 buckets  2 corpus  1,234 edges")


def test_on_a_terminal_the_line_is_written_over() -> None:
    stream = Terminal()
    live = Live(stream, {"TERM": "xterm"})
    live.show("one", 1.0)
    live.say("found")
    live.show("two", 1.1)
    live.clear()
    assert stream.getvalue() == "\r\x1b[Kone\r\x1b[Kfound\n\r\x1b[Ktwo\r\x1b[K"


def test_elsewhere_there_is_a_line_now_and_then() -> None:
    stream = io.StringIO()
    live = Live(stream, {})
    for elapsed_s in (0.1, 9.9, 10.0, 10.1, 19.9, 25.0, 29.0, 30.0):
        live.show(f"at {elapsed_s}", elapsed_s)
    assert stream.getvalue() == "at 10.0\nat 25.0\nat 30.0\n"
