"""Which route answers a method and a path, and what it takes to build the table.

    pytest benchmarks/micro/test_router.py -k "10000 and literal"

One round is a batch of calls (`tables.BATCH`).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.micro.routers import ROUTERS, Router
from benchmarks.micro.tables import CASES, cases

SMALLEST = 10

router = pytest.mark.parametrize("router", ROUTERS)


@cache
def _table(router: str, count: int) -> Router:
    return ROUTERS[router](count)


@pytest.fixture(scope="module", autouse=True)
def _forget_tables() -> Iterator[None]:
    yield
    _table.cache_clear()


def _check_size(router: str, count: int, benchmark: BenchmarkFixture) -> None:
    if benchmark.disabled and count > SMALLEST:
        pytest.skip("large tables take long to build: only to be measured")
    largest = getattr(ROUTERS[router], "largest", count)
    if count > largest:
        pytest.skip(f"{router} takes minutes to build a table of more than {largest} routes")


@pytest.mark.parametrize("count", [SMALLEST, 1_000, 10_000])
@pytest.mark.parametrize("case", CASES)
@router
def test_resolve(router: str, case: str, count: int, benchmark: BenchmarkFixture) -> None:
    _check_size(router, count, benchmark)
    benchmark.group = f"router, {case}: {count} routes"
    table = _table(router, count)
    asked = dict(cases(count))[case]
    calls = table.prepare([call for call, _ in asked])
    outcomes = [table.outcome(result) for result in table.ask(calls)]
    assert outcomes == [expected for _, expected in asked]
    benchmark(table.ask, calls)


@pytest.mark.parametrize("count", [SMALLEST, 1_000])
@router
def test_build(router: str, count: int, benchmark: BenchmarkFixture) -> None:
    """From nothing to a table that answers."""
    _check_size(router, count, benchmark)
    benchmark.group = f"router, build: {count} routes"
    table = ROUTERS[router](count)
    for case, asked in cases(count):
        results = table.ask(table.prepare([call for call, _ in asked]))
        outcomes = [table.outcome(result) for result in results]
        assert outcomes == [expected for _, expected in asked], case
    pedantic: Any = benchmark.pedantic  # it has no types
    pedantic(ROUTERS[router], args=(count,), rounds=20 if count == SMALLEST else 3)
