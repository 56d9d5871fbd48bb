"""From slices to ratios, verdicts and reports."""

import json

from benchmarks.comparison import Comparison, Restart, Slice, document, restart_line, row
from benchmarks.load import Load


def comparison(rates_a: list[int], rates_b: list[int]) -> Comparison:
    """One second per slice, one pair of slices per restart, 10 µs of CPU for every request."""
    return Comparison(
        ("reference", "aiohttp"),
        "asyncio",
        "plaintext",
        tuple(
            Restart(
                (
                    Slice("A", Load(a, a * 149, 1.0), a * 1e-5),
                    Slice("B", Load(b, b * 149, 1.0), b * 1e-5),
                ),
                {"A": 149.0, "B": 149.0},
            )
            for a, b in zip(rates_a, rates_b, strict=True)
        ),
    )


def test_a_row_shows_the_ratio_its_spread_and_a_verdict() -> None:
    cells = row(comparison([200, 210, 190], [100, 100, 100]))
    assert cells[:6] == ["asyncio", "plaintext", "reference", "aiohttp", "2.000", "1.900–2.100"]
    assert cells[7:] == ["200", "100", "10.0", "10.0", "1.000", "reference faster"]


def test_what_the_interval_does_not_separate_is_not_ranked() -> None:
    assert row(comparison([90, 110, 105], [100, 100, 100]))[-1] == "not separated"
    assert row(comparison([200], [100]))[-1] == "one restart: no interval"


def test_the_document_keeps_every_slice() -> None:
    measured = comparison([200, 210], [100, 100])
    assert json.dumps(document([measured])).count('"requests"') == 4


def test_progress_shows_how_busy_the_servers_were() -> None:
    (restart,) = comparison([50_000], [100_000]).restarts
    assert restart_line(restart) == ("50000 and 100000 req/s, ratio 0.500, busy 50% and 100%")
